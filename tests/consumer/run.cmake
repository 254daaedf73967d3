function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE ${folder})
if(name STREQUAL installed)
  run(${CMAKE_COMMAND} --install ${bxb_build} --prefix ${folder}/prefix)
endif()
run(${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/${name} -B ${folder}/build -G ${generator}
    -D CMAKE_BUILD_TYPE=Debug -D CMAKE_CXX_COMPILER=${compiler} -D CMAKE_CXX_COMPILER_LAUNCHER=${launcher}
    -D CMAKE_PREFIX_PATH=${folder}/prefix)
# One core: the others belong to the tests beside this one.
run(${CMAKE_COMMAND} --build ${folder}/build --parallel 1)
run(${CMAKE_CTEST_COMMAND} --test-dir ${folder}/build --output-on-failure --no-tests=error)
