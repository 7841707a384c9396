"""What the replay makes of the lines and bytes of a log."""

from __future__ import annotations

import pathlib
import re

from parley_replay.irc_log import read_log, user_id

slices = pathlib.Path(__file__).resolve().parents[1] / "data" / "irc"


def lines_of(tmp_path, raw: bytes, **options):
    path = tmp_path / "a.log"
    path.write_bytes(raw)
    return read_log(path, **options)


def test_a_line_has_a_time_a_nick_and_a_text_kept_byte_for_byte(tmp_path):
    line, = lines_of(tmp_path, b"[11:22] <ana>  two  blanks \x02bold\x0f \xe2\x86\x92 \n").lines
    assert (line.nick, line.text, line.minute, line.number) == ("ana", " two  blanks \x02bold\x0f → ", 682, 1)


def test_a_line_that_is_no_utf8_is_windows_1252(tmp_path):
    log = lines_of(tmp_path, b"[00:00] <a> espa\xf1ol \x80\n[00:01] <a> espa\xc3\xb1ol\n")
    assert [line.text for line in log.lines] == ["español €", "español"]
    assert log.not_utf8 == 1


def test_a_byte_that_windows_1252_lacks_makes_the_line_latin_1(tmp_path):
    log = lines_of(tmp_path, b"[00:00] <a> \x81\xf1\n")
    assert [line.text for line in log.lines] == ["\x81ñ"]


def test_nul_becomes_the_replacement_character_and_is_counted(tmp_path):
    log = lines_of(tmp_path, b"[00:00] <a> x\0y\0\n")
    assert [line.text for line in log.lines] == ["x\ufffdy\ufffd"] and log.nul_replaced == 1


def test_every_byte_sequence_gives_a_line_that_the_protocol_takes(tmp_path):
    for byte in range(256):
        if byte == 0x0A:
            continue
        line, = lines_of(tmp_path, b"[00:00] <a> x" + bytes([byte]) + b"y\n").lines
        line.text.encode("utf-8")
        assert "\0" not in line.text and line.text[0] == "x" and line.text[-1] == "y"


def test_system_lines_are_left_out_or_said_by_the_log(tmp_path):
    raw = b"=== ana [n=a@b] has joined\n[10:00] <ana> hi\n"
    without, sent = lines_of(tmp_path, raw), lines_of(tmp_path, raw, system_lines=True)
    assert [line.nick for line in without.lines] == ["ana"] and without.skipped_system == 1
    assert [line.nick for line in sent.lines] == ["irc", "ana"]


def test_actions_notices_and_lines_of_no_known_shape_are_kept(tmp_path):
    raw = b"[02:27]  * ana says Hi!\n[05:12] -bob:#ubuntu- spam\n[05:13] what\nno time at all\n"
    assert [(line.nick, line.text) for line in lines_of(tmp_path, raw).lines] == [
        ("ana", "* ana says Hi!"), ("bob", "-bob:#ubuntu- spam"), ("irc", "what"), ("irc", "no time at all")]


def test_a_line_without_text_is_counted_and_one_of_blanks_is_sent(tmp_path):
    log = lines_of(tmp_path, b"[02:34] <ana>\n[02:35] <ana>   \n\n")
    assert [line.text for line in log.lines] == ["  "] and log.skipped_empty == 1


def test_minutes_go_on_past_midnight(tmp_path):
    log = lines_of(tmp_path, b"[23:59] <a> x\n[00:01] <a> y\n")
    assert [line.minute for line in log.lines] == [1439, 1441]


def test_nicks_become_different_ids_of_the_protocol():
    nicks = ["ana", "zcat[1]", "zcat[1", "K|Ng", "a~b", "a|b", "a~7Cb", "^", "`oi", ".", "..", "", "ñ", "x" * 300,
             "x" * 301, "[" * 100]
    users = [user_id(nick) for nick in nicks]
    assert len(set(users)) == len(users)
    assert all(re.fullmatch(r"[A-Za-z0-9._~:@+-]{1,128}", user) and user not in (".", "..") for user in users)
    assert user_id("zcat[1]") == "zcat~5B1~5D" and user_id("ana") == "ana"


def test_the_shipped_slice_has_what_it_is_shipped_for():
    logs = [read_log(path) for path in sorted(slices.glob("*.log"))]
    texts = [line.text for log in logs for line in log.lines]
    assert len(texts) > 500 and sum(log.not_utf8 for log in logs) == 2
    assert sum("spañol" in text for text in texts) >= 2
    assert any("\ufeff" in text for text in texts) and any("\x1d" in text for text in texts)
    assert any("中" in text for text in texts)
