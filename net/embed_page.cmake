# Run by CMake at build time: writes a C++ source that holds the page's files as bytes.
# -DFROM=<folder> -DTO=<source> -DFILES=<names, separated by commas>
string(REPLACE "," ";" names "${FILES}")
set(rows "")
set(arrays "")
set(n 0)
foreach(name IN LISTS names)
  file(READ "${FROM}/${name}" hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
  file(SHA256 "${FROM}/${name}" hash)
  string(SUBSTRING "${hash}" 0 16 tag)
  string(APPEND arrays "constexpr char file_${n}[] = {${bytes}'\\0'};\n")
  string(APPEND rows "    page_file{\"${name}\", {file_${n}, sizeof file_${n} - 1}, \"\\\"${tag}\\\"\"},\n")
  math(EXPR n "${n} + 1")
endforeach()
file(WRITE "${TO}" "#include \"net/http/page_files.hpp\"

namespace parley::net {
namespace {

${arrays}
constexpr page_file files[] = {
${rows}};

}  // namespace

std::span<const page_file> page_files() { return files; }

}  // namespace parley::net
")
