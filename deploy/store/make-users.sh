#!/bin/sh
# Makes the store's users: a password for each in FOLDER/NAME.password, unless there is one, and FOLDER/users.acl with
# the passwords' SHA-256 sums. Run again without names after an upgrade: passwords and users of your own stay, rules are new.
# Usage: make-users.sh FOLDER [USER...]
# USER: chatsvc chatsvc-doctor chatsvc-replica chatsvc-sentinel chatsvc-vault; if none is named, those that have a
# password in FOLDER already, or else the first two.
set -eu
rules=$(dirname "$0")/users.acl
if [ $# -lt 1 ] || [ ! -d "$1" ]; then
  echo "Usage: make-users.sh FOLDER [USER...]; the folder must be there." >&2
  exit 2
fi
folder=$1
shift
if [ $# -eq 0 ]; then
  for password in "$folder"/*.password; do
    [ ! -s "$password" ] || set -- "$@" "$(basename "$password" .password)"
  done
fi
[ $# -gt 0 ] || set -- chatsvc chatsvc-doctor
umask 077
draft=$folder/users.acl.new
grep '^user default ' "$rules" > "$draft"
for user in "$@"; do
  if ! grep -q "^user $user .*#PASSWORD " "$rules"; then
    rm -f "$draft"
    echo "$rules has no user $user with a password." >&2
    exit 2
  fi
  password=$folder/$user.password
  [ -s "$password" ] || od -An -N32 -tx1 /dev/urandom | tr -d ' \n' > "$password"
  sum=$(tr -d '\n' < "$password" | sha256sum | cut -d ' ' -f 1)
  grep "^user $user " "$rules" | sed "s/#PASSWORD /#$sum /" >> "$draft"
done
if [ -f "$folder/users.acl" ]; then
  awk 'NR == FNR { ours[$2] = 1; next } $1 == "user" && !($2 in ours)' "$rules" "$folder/users.acl" >> "$draft"
fi
# The server has an account of its own and must read this; there is nothing in it that opens anything.
chmod 644 "$draft"
mv "$draft" "$folder/users.acl"
