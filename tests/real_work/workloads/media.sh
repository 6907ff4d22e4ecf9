#!/bin/sh
# Films, pictures and disk images: ffmpeg, ImageMagick through xargs, mksquashfs.
# packages: ffmpeg imagemagick squashfs-tools
# programs: ffmpeg convert mksquashfs
set -e

prepare() { :; }

work() {
    mkdir -p /srv/pictures && cd /srv
    touch /run/at-work
    while :; do
        ffmpeg -loglevel error -y -f lavfi -i testsrc2=duration=8:size=640x360:rate=25 -c:v libx264 -preset slow film.mp4 </dev/null
        ffmpeg -loglevel error -y -i film.mp4 -vf fps=4 pictures/%03d.png </dev/null
        ls pictures/*.png | xargs -P 3 -I{} convert {} -resize 150% -blur 0x2 {}.jpg
        mksquashfs /usr/lib /srv/image.squash -noappend -quiet -no-progress -processors 2
        rm -f image.squash pictures/*
    done
}

"$@"
