#!/bin/sh
# Makes the store's users: a password for each in FOLDER/NAME.password, unless there is one, and FOLDER/users.acl with
# the passwords' SHA-256 sums. Run again after an upgrade to have the new rules with the old passwords.
# Usage: make-users.sh FOLDER [USER...]    USER: chatsvc chatsvc-doctor (the two by default) chatsvc-replica chatsvc-sentinel
set -eu
rules=$(dirname "$0")/users.acl
if [ $# -lt 1 ] || [ ! -d "$1" ]; then
  echo "Usage: make-users.sh FOLDER [USER...]; the folder must be there." >&2
  exit 2
fi
folder=$1
shift
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
# The server has an account of its own and must read this; there is nothing in it that opens anything.
chmod 644 "$draft"
mv "$draft" "$folder/users.acl"
