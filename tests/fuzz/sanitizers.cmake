# How all layers are compiled for the fuzzers. A report ends the program, so that it is a finding.
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  message(FATAL_ERROR "the fuzzers need clang: -DCMAKE_CXX_COMPILER=clang++-14 (tests/fuzz/run.sh)")
endif()
set(fuzz_sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all)
add_compile_options(-fsanitize=fuzzer-no-link ${fuzz_sanitizers} -g1 -fno-omit-frame-pointer)
add_link_options(${fuzz_sanitizers})
