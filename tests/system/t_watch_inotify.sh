#!/usr/bin/env bash
# The tests of watching once more, on inotify: by themselves they run on what the agent chooses, which is fanotify where
# that can be had.
here=$(dirname "$0") bad=0
for test in "$here"/t_watch*.sh; do
	case $test in
	*/t_watch_inotify.sh) ;;               # this one
	*/t_watch_back_end.sh | */t_watch_storm.sh) ;; # they go through both themselves
	*/t_watch_file_systems.sh | */t_watch_user.sh | */t_watch_limits.sh) ;; # they say which is taken
	*) CLASSD_WATCH=inotify bash "$test" || bad=1 ;;
	esac
done
exit $bad
