# Writes OUT from IN (build.cpp.in) with the commit as it is when the program is built, not when it was configured.
execute_process(COMMAND git rev-parse --short=12 HEAD WORKING_DIRECTORY ${ROOT}
  OUTPUT_VARIABLE COMMIT OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  set(COMMIT "?")
else()
  execute_process(COMMAND git diff-index --quiet HEAD -- WORKING_DIRECTORY ${ROOT} RESULT_VARIABLE changed ERROR_QUIET)
  if(changed)
    string(APPEND COMMIT "-changed")
  endif()
endif()
configure_file(${IN} ${OUT} @ONLY)  # touches OUT only where it changes
