package repo

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"sync"
)

// objects reads git objects through one long-lived `git cat-file --batch`, started on first use.
type objects struct {
	dir string

	mu  sync.Mutex
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// maxObject bounds what is read into memory for one file of a revision.
const maxObject = 1 << 30

// read returns the content of an object.
func (o *objects) read(id string) ([]byte, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.start(); err != nil {
		return nil, err
	}
	if _, err := fmt.Fprintln(o.in, id); err != nil {
		return nil, fmt.Errorf("git cat-file: %w", err)
	}
	head, err := o.out.ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("git cat-file: %w", err)
	}
	fields := strings.Fields(head) // "<id> blob <size>" or "<id> missing"
	if len(fields) != 3 {
		return nil, fmt.Errorf("git object %s: %s", id, strings.TrimSpace(head))
	}
	size, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil || size > maxObject {
		return nil, fmt.Errorf("git object %s: size %s is not readable here", id, fields[2])
	}
	content := make([]byte, size+1) // the object is followed by one line feed
	if _, err := io.ReadFull(o.out, content); err != nil {
		return nil, fmt.Errorf("git object %s: %w", id, err)
	}
	return content[:size], nil
}

func (o *objects) start() error {
	if o.cmd != nil {
		return nil
	}
	cmd := exec.Command("git", "cat-file", "--batch")
	cmd.Dir = o.dir
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("git cat-file: %w", err)
	}
	o.cmd, o.in, o.out = cmd, in, bufio.NewReaderSize(out, 64<<10)
	return nil
}

func (o *objects) close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.cmd == nil {
		return nil
	}
	if err := o.in.Close(); err != nil {
		return err
	}
	err := o.cmd.Wait()
	o.cmd = nil
	return err
}
