// Made by scripts/make-schema.js out of proto/parley/v1/client.proto: change that file.

/** By message, "name number type flags" of each field: `?` omitted where empty, `!` has presence, `*` repeated, `%` map. */
export const messages: Record<string, string> = {
  Frame: "envelopes 1 Envelope *",
  Envelope:
    "id 1 uint32 ?,connect 10 Connect !,join 11 Join !,leave 12 Leave !,publish 13 Publish !,edit 14 Edit !,delete 15 Delete !,history 16 History !,mark_read 17 MarkRead !,typing 18 Typing !,refresh 19 Refresh !,ping 20 Ping !,connected 40 Connected !,joined 41 Joined !,left 42 Left !,published 43 Published !,page 44 Page !,cursor 45 Cursor !,ok 46 Ok !,refreshed 47 Refreshed !,pong 48 Pong !,batch 70 Batch !,live 71 Live !,catching_up 72 CatchingUp !,gap 73 Gap !,head 74 HeadPush !,ephemeral 75 Ephemeral !,evicted 76 Evicted !,reconnect 77 Reconnect !,error 78 Error !",
  Position: "term 1 uint64,seq 2 uint64",
  Part: "type 1 string,content 2 string !,url 3 string !",
  Event:
    "seq 1 uint64,term 2 uint64,kind 3 EventKind,sender 4 string,at 5 int64,client_msg_id 6 string ?,text 7 string ?,parts 8 Part *?,metadata 9 Struct ?,reply_to 10 uint64 ?,target 11 uint64 ?,version 12 uint32 ?,deleted 13 bool ?",
  Limits:
    "content_bytes 1 uint64,frame_bytes 2 uint64,rooms_per_connection 3 uint32,publishes_per_second 4 uint32,publishes_burst 5 uint32,history_limit 6 uint32,rewind_limit 7 uint32,dedup_window_s 8 uint32",
  ClientSoftware: "name 1 string,version 2 string",
  Rewind: "limit 1 uint32",
  JoinOptions: "rewind 1 Rewind,since 2 Position,on_gap 3 OnGap,max 4 uint32",
  Connect: "token 1 string,user 2 string,client 3 ClientSoftware,rooms 4 JoinOptions %",
  Join: "room 1 string,rewind 2 Rewind,since 3 Position,on_gap 4 OnGap,max 5 uint32",
  Leave: "room 1 string",
  Publish: "room 1 string,client_msg_id 2 string,text 3 string,parts 4 Part *,metadata 5 Struct,reply_to 6 uint64",
  Edit:
    "room 1 string,seq 2 uint64,client_msg_id 3 string,if_version 4 uint32,text 5 string,parts 6 Part *,metadata 7 Struct",
  Delete: "room 1 string,seq 2 uint64,client_msg_id 3 string,if_version 4 uint32",
  History: "room 1 string,before 2 uint64 !,after 3 uint64 !,around 4 uint64 !,limit 5 uint32,view 6 View",
  MarkRead: "room 1 string,seq 2 uint64",
  Typing: "room 1 string,state 2 TypingState",
  Refresh: "token 1 string",
  Ping: "",
  Connected: "conn_id 1 string,user 2 string,node 3 string,ping_ms 4 uint32,limits 5 Limits,rooms 6 JoinedOrError %",
  JoinedOrError: "joined 1 Joined !,error 2 Error !",
  Joined: "room 1 string,head 2 Position,start 3 Position,recovered 4 bool !",
  Left: "room 1 string",
  Published: "room 1 string,seq 2 uint64,term 3 uint64,at 4 int64,duplicate 5 bool",
  Page: "room 1 string,events 2 Event *,head 3 Position,older 4 uint64 !,newer 5 uint64 !",
  Cursor: "room 1 string,seq 2 uint64,unread 3 uint64",
  Ok: "",
  Refreshed: "expires_at 1 int64",
  Pong: "",
  Batch: "room 1 string,prev 2 uint64,phase 3 Phase,events 4 Event *",
  Live: "room 1 string,at 2 Position",
  CatchingUp: "room 1 string,at 2 Position",
  Gap: "room 1 string,from 2 uint64,to 3 Position,reason 4 GapReason",
  HeadPush: "room 1 string,head 2 Position",
  Ephemeral: "room 1 string,typing 2 TypingSignal !",
  TypingSignal: "user 1 string,state 2 TypingState",
  Evicted: "room 1 string,error 2 Error",
  Reconnect: "after_ms 1 uint32,jitter_ms 2 uint32,reason 3 string",
  Error:
    "code 1 uint32,name 2 string,message 3 string,retryable 4 bool,retry_after_ms 5 uint32 !,room 6 string ?,client_msg_id 7 string ?",
};

/** By enum, the JSON names of 0, 1, 2, ... */
export const enums: Record<string, string> = {
  EventKind:
    "unspecified message.created message.updated message.deleted member.joined member.left room.updated room.deleted",
  OnGap: "unspecified fill jump",
  View: "unspecified messages events",
  TypingState: "unspecified started stopped",
  Phase: "unspecified history live",
  GapReason: "unspecified retention jump reset",
};
