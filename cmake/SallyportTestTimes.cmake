# How long each test may take. SALLYPORT_TEST_TIME_SCALE (tests/support/time_scale.h) makes it so many times as long, and is
# read when ctest runs.
set_property(GLOBAL PROPERTY SALLYPORT_TIMEOUTS "")

# sallyport_timeout(TEST SECONDS): every test has one.
function(sallyport_timeout test seconds)
  set_tests_properties(${test} PROPERTIES TIMEOUT ${seconds})
  set_property(GLOBAL APPEND_STRING PROPERTY SALLYPORT_TIMEOUTS "sallyport_scaled(${test} ${seconds})\n")
endfunction()

# What ctest reads behind all tests. It reads a folder's TEST_INCLUDE_FILES before the folder's own tests: so the folder in
# which this is called comes last, and has none.
function(sallyport_scale_timeouts)
  get_property(timeouts GLOBAL PROPERTY SALLYPORT_TIMEOUTS)
  file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/time_scale.cmake" "set(scale \"\$ENV{SALLYPORT_TEST_TIME_SCALE}\")
if(scale STREQUAL \"\")
  set(scale 1)
endif()
if(NOT scale MATCHES \"^[0-9]+$\" OR scale LESS 1 OR scale GREATER 1000)
  message(FATAL_ERROR \"SALLYPORT_TEST_TIME_SCALE is \\\"\${scale}\\\": give a whole number, 1 to 1000\")
endif()
macro(sallyport_scaled test seconds)
  math(EXPR sallyport_seconds \"\${seconds} * \${scale}\")
  set_tests_properties(\${test} PROPERTIES TIMEOUT \${sallyport_seconds})
endmacro()
${timeouts}")
  set_property(DIRECTORY PROPERTY TEST_INCLUDE_FILES "${CMAKE_CURRENT_BINARY_DIR}/time_scale.cmake")
endfunction()
