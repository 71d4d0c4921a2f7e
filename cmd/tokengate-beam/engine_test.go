package main

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
)

// The command, the engine and its worker are processes of their own, as they are on a cluster.
func TestProcesses(t *testing.T) {
	if testing.Short() || runtime.GOOS == "windows" {
		t.Skip("three processes, and a program of 80 MB sent between them")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	paths := saveShards(t, 16_000, 50)
	output := filepath.Join(t.TempDir(), "out.cube")
	environment, err := json.Marshal(map[string]any{"command": self, "env": map[string]string{role: "command"}})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "--runner=universal", "--endpoint="+prismProcess(t, self), "--environment_type=PROCESS",
		"--environment_config="+string(environment), "--worker_binary="+self, "--output="+output, filepath.Dir(paths[0])+"/*.gz")
	cmd.Env = append(os.Environ(), role+"=command")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	same(t, output, local(t, paths, settings{Sampling: 1, Now: time.Now()}))
}

// prismProcess starts Prism and gives the address it listens on. It ends with the test.
func prismProcess(t *testing.T, self string) string {
	t.Helper()
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), role+"=engine")
	stop, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	found := make(chan string, 1)
	read := make(chan struct{})
	go func() {
		defer close(read)
		address := regexp.MustCompile(`Serving JobManagement.*endpoint=localhost:(\d+)`)
		for lines := bufio.NewScanner(log); lines.Scan(); {
			if m := address.FindStringSubmatch(lines.Text()); m != nil {
				found <- "127.0.0.1:" + m[1]
			} else if strings.Contains(lines.Text(), "ERROR") {
				t.Log(lines.Text())
			}
		}
	}()
	t.Cleanup(func() {
		_ = stop.Close() // the engine ends with its input
		<-read
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	select {
	case address := <-found:
		return address
	case <-time.After(30 * time.Second):
		t.Fatal("the engine does not say where it listens")
		return ""
	}
}
