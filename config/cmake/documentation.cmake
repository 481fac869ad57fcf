# Manual pages and shell completions, written by a program that is built first (src/docs).
set(docs ${PROJECT_BINARY_DIR}/docs)
set(NEXUS_MIRROR_DOCS ${docs}/nexus-mirror.1 ${docs}/nexus-mirror.toml.5
    ${docs}/nexus-mirror-schema.7 ${docs}/nexus-mirror.bash ${docs}/_nexus-mirror
    ${docs}/nexus-mirror.fish)
add_custom_command(OUTPUT ${NEXUS_MIRROR_DOCS} COMMAND nexus-mirror-docs ${docs}
                   DEPENDS nexus-mirror-docs COMMENT "Writing manual pages and completions")

# Debian's policy wants manual pages compressed.
find_program(GZIP gzip REQUIRED)
foreach(page nexus-mirror.1 nexus-mirror.toml.5 nexus-mirror-schema.7)
  add_custom_command(OUTPUT ${docs}/${page}.gz
                     COMMAND ${GZIP} -9nk --force ${docs}/${page} DEPENDS ${docs}/${page})
  list(APPEND NEXUS_MIRROR_DOCS ${docs}/${page}.gz)
  string(REGEX MATCH "[0-9]$" number ${page})
  install(FILES ${docs}/${page}.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man${number}
          COMPONENT program)
endforeach()
add_custom_target(documentation ALL DEPENDS ${NEXUS_MIRROR_DOCS})
install(FILES ${docs}/nexus-mirror.bash RENAME nexus-mirror
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT program)
install(FILES ${docs}/_nexus-mirror DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions
        COMPONENT program)
install(FILES ${docs}/nexus-mirror.fish
        DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT program)
