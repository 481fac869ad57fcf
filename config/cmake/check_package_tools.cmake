# Read by cpack, which would pack without dependencies where dpkg-shlibdeps is missing.
find_program(SHLIBDEPS dpkg-shlibdeps)
if(CPACK_GENERATOR STREQUAL "DEB" AND NOT SHLIBDEPS)
  message(FATAL_ERROR "dpkg-shlibdeps, which finds the package's dependencies, is not installed: "
          "install dpkg-dev and file, or run config/package.sh")
endif()
