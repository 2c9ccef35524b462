#!/bin/sh
# changelog.sh VERSION - debian/changelog from CHANGELOG.md, on standard output: what stands below its first heading is what
# VERSION changes. The date is SOURCE_DATE_EPOCH's, or that of CHANGELOG.md.
version=$1
seconds=${SOURCE_DATE_EPOCH:-$(date -r CHANGELOG.md +%s)}
echo "paidan ($version) unstable; urgency=medium"
echo
awk '/^## / { if (seen++) exit; next } !seen || NF == 0 || /^### / { next }
	/^- / { if (entry) print entry; sub(/^- /, ""); entry = $0; next } { sub(/^ +/, ""); entry = entry " " $0 }
	END { print entry }' CHANGELOG.md | while IFS= read -r entry; do
	echo "$entry" | fold -s -w 74 | sed -e '1s/^/  * /' -e '2,$s/^/    /' -e 's/ *$//'
done
echo
echo " -- paidan developers <packages@paidan.invalid>  $(LC_ALL=C date -u -R -d "@$seconds")"
