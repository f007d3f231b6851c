//go:build unix

package bookmark

import (
	"io/fs"
	"syscall"
)

// inodeOf returns what names a file on this machine, zeros where nothing does.
func inodeOf(info fs.FileInfo) (device, inode uint64) {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Dev), uint64(s.Ino) // of other types on other systems
	}
	return 0, 0
}
