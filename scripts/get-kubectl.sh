#!/bin/bash
# Unpacks kubectl 1.36 (Debian sid's package) under build/kubectl without installing it, and prints its path.
set -euo pipefail
cd "$(dirname "$0")/.."
dir=$PWD/build/kubectl
bin=$dir/root/usr/bin/kubectl
if [ ! -x "$bin" ]; then
  mkdir -p "$dir"/apt/{lists/partial,cache/archives/partial} "$dir"/{root,deb}
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | grep -v security | head -1)
  echo "deb ${mirror:-http://deb.debian.org/debian} sid main" > "$dir/apt/sources.list"
  options=(-o "Dir::Etc::sourcelist=$dir/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
           -o "Dir::State::lists=$dir/apt/lists" -o "Dir::Cache=$dir/apt/cache" -o APT::Sandbox::User=root)
  {
    apt-get "${options[@]}" update -qq
    cd "$dir/deb"
    apt-get "${options[@]}" download -qq kubectl/sid
    dpkg -x kubectl_*.deb "$dir/root"
  } >&2
fi
"$bin" version --client=true >/dev/null
echo "$bin"
