# `cmake --install` and `cpack -G DEB`. Of two components, `program` goes below any prefix and wants no
# root; `service` has a file in /etc.
set(NEXUS_MIRROR_MAINTAINER "nexus-mirror maintainers <maintainers@nexus-mirror.invalid>" CACHE
    STRING "Who answers for the Debian package: a name and an address in <>")

# The program searches /etc/nexus-mirror whatever the prefix, so that is where its file goes.
set(NEXUS_MIRROR_CONFIG /etc/nexus-mirror/config.toml)
set(NEXUS_MIRROR_KEY /etc/nexus-mirror/secret-key)

# The service's configuration is the commented one with two lines changed. Each must be there once.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS config/nexus-mirror.toml
             config/debian/changelog config/debian/copyright)
file(READ config/nexus-mirror.toml settings)
function(change_setting from to)
  string(FIND "${settings}" "\n${from}\n" first)
  string(FIND "${settings}" "\n${from}\n" last REVERSE)
  if(first EQUAL -1 OR NOT first EQUAL last)
    message(FATAL_ERROR "config/nexus-mirror.toml: expected one line: ${from}")
  endif()
  string(REPLACE "\n${from}\n" "\n${to}\n" changed "${settings}")
  set(settings "${changed}" PARENT_SCOPE)
endfunction()
change_setting("#mode = \"0600\"" "mode = \"0640\"")
change_setting("secret_key_env = \"NEXUS_SECRET_KEY\"" "#secret_key_env = \"\"")
change_setting("#secret_credential = \"\"" "secret_credential = \"nexus-secret-key\"")
file(WRITE ${PROJECT_BINARY_DIR}/package/config.toml "${settings}")
# `config init` knows it again, and puts a configuration in its place.
file(SHA256 ${PROJECT_BINARY_DIR}/package/config.toml example)
set_property(SOURCE src/cli/init_setup.cc TARGET_DIRECTORY nexus_cli APPEND PROPERTY
             COMPILE_DEFINITIONS "NEXUS_MIRROR_EXAMPLE=\"${example}\"")
# One that is there already is somebody's.
install(CODE "
  if(NOT EXISTS \"\$ENV{DESTDIR}/etc/nexus-mirror/config.toml\")
    file(INSTALL \"${PROJECT_BINARY_DIR}/package/config.toml\" DESTINATION /etc/nexus-mirror)
  endif()
" COMPONENT service)

# Libraries that become part of the program bring their licences along.
file(READ config/debian/copyright copyright)
foreach(library libcli11-dev libtomlplusplus-dev rapidjson-dev libsqlitecpp-dev libspdlog-dev)
  if(EXISTS /usr/share/doc/${library}/copyright)
    file(READ /usr/share/doc/${library}/copyright notice)
    string(APPEND copyright "\n\n==== Debian's ${library}, parts of which are in the program\n\n"
           "${notice}")
  endif()
endforeach()
file(WRITE ${PROJECT_BINARY_DIR}/package/copyright "${copyright}")
install(FILES ${PROJECT_BINARY_DIR}/package/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR}
        COMPONENT program)

file(STRINGS config/debian/changelog newest LIMIT_COUNT 1)
if(NOT newest MATCHES "^nexus-mirror \\(${PROJECT_VERSION}\\) ")
  message(FATAL_ERROR "config/debian/changelog does not begin with version ${PROJECT_VERSION}")
endif()
add_custom_command(OUTPUT package/changelog.gz
                   COMMAND ${GZIP} -9nc ${PROJECT_SOURCE_DIR}/config/debian/changelog
                           > ${PROJECT_BINARY_DIR}/package/changelog.gz
                   DEPENDS config/debian/changelog VERBATIM)
add_custom_target(changelog ALL DEPENDS ${PROJECT_BINARY_DIR}/package/changelog.gz)
install(FILES ${PROJECT_BINARY_DIR}/package/changelog.gz DESTINATION ${CMAKE_INSTALL_DOCDIR}
        COMPONENT program)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "${NEXUS_MIRROR_MAINTAINER}")
set(CPACK_SET_DESTDIR ON)  # so that installing knows the prefix that units will see
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ
    GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_SECTION database)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS
    "init-system-helpers (>= 1.51), systemd | systemd-standalone-sysusers | systemd-sysusers")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates, tzdata")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "sqlite3")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "exact, queryable SQLite copy of a Datature Nexus workspace")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"nexus-mirror copies projects, images, annotations, training runs, models and
deployments of a team from Datature Nexus into one SQLite file, notices what
changed, and writes annotation files in the formats that training code reads.
It runs as a service under systemd or from the command line.")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/config/debian/conffiles
    ${PROJECT_SOURCE_DIR}/config/debian/postinst ${PROJECT_SOURCE_DIR}/config/debian/prerm
    ${PROJECT_SOURCE_DIR}/config/debian/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_PROJECT_CONFIG_FILE ${PROJECT_SOURCE_DIR}/config/cmake/check_package_tools.cmake)
include(CPack)
