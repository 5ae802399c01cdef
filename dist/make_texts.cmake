# Run at build time: asks the program for its options, and puts them into the manual and the example.
function(ask option variable)
  execute_process(COMMAND ${PROGRAM} ${option} OUTPUT_VARIABLE text RESULT_VARIABLE code)
  if(NOT code EQUAL 0 OR text STREQUAL "")
    message(FATAL_ERROR "${PROGRAM} ${option} failed: ${code}")
  endif()
  set(${variable} "${text}" PARENT_SCOPE)
endfunction()

ask(--print-config EXAMPLE)
file(WRITE ${FOLDER}/agenthealthd.conf.example "${EXAMPLE}")
ask(--print-manual OPTIONS)
configure_file(${MANUAL} ${FOLDER}/agenthealthd.8 @ONLY)
