package spendlogs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// password is what no message may show.
const password = "s3cret/?#pass word"

// postgres is a real server with the schema and the rows of testdata, started for the tests of this package.
type postgres struct {
	dir string
	cmd *exec.Cmd
}

var (
	server    postgres
	startOnce sync.Once
	startErr  error
)

func TestMain(m *testing.M) {
	code := m.Run()
	if err := server.stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// running gives the server, starting it for the first test that asks. Without an installation the test is skipped, unless
// TOKENGATE_NEED_POSTGRES=1 says that it must not be.
func running(t *testing.T) *postgres {
	t.Helper()
	startOnce.Do(func() { startErr = server.start() })
	switch {
	case errors.Is(startErr, exec.ErrNotFound) && os.Getenv("TOKENGATE_NEED_POSTGRES") != "1":
		t.Skip("Postgres is not installed: ", startErr)
	case startErr != nil:
		t.Fatal(startErr)
	}
	return &server
}

// binary finds a program of Postgres: Debian keeps them out of the path.
func binary(name string) (string, error) {
	if p, err := exec.LookPath(name); err == nil {
		return p, nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if len(found) == 0 {
		return "", fmt.Errorf("%s: %w", name, exec.ErrNotFound)
	}
	return found[len(found)-1], nil
}

// command prepares a program of the server, which does not run as root.
func (p *postgres) command(name string, args ...string) (*exec.Cmd, error) {
	path, err := binary(name)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(path, args...)
	cmd.Dir, cmd.Env = p.dir, []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	if os.Getuid() != 0 {
		return cmd, nil
	}
	id, err := unprivileged()
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: id}
	return cmd, err
}

func unprivileged() (*syscall.Credential, error) {
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			uid, _ := strconv.ParseUint(u.Uid, 10, 32)
			gid, _ := strconv.ParseUint(u.Gid, 10, 32)
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, errors.New("there is no user to run Postgres as")
}

func (p *postgres) start() (err error) {
	if _, err := binary("initdb"); err != nil {
		return err
	}
	if p.dir, err = os.MkdirTemp("", "spendlogs"); err != nil { // short: the path of a socket has 107 bytes
		return err
	}
	secret := filepath.Join(p.dir, "password")
	if err := os.WriteFile(secret, []byte(password), 0o600); err != nil {
		return err
	}
	if os.Getuid() == 0 {
		id, err := unprivileged()
		if err != nil {
			return err
		}
		if err := errors.Join(os.Chown(p.dir, int(id.Uid), int(id.Gid)), os.Chown(secret, int(id.Uid), int(id.Gid))); err != nil {
			return err
		}
	}
	initdb, err := p.command("initdb", "-D", "data", "-U", "gate", "--auth=scram-sha-256", "--pwfile=password", "--locale=C", "--encoding=UTF8", "--no-sync")
	if err != nil {
		return err
	}
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	if p.cmd, err = p.command("postgres", "-D", "data", "-p", "5432", "-k", p.dir, "-c", "listen_addresses=", "-c", "fsync=off"); err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(p.dir, "log"))
	if err != nil {
		return err
	}
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if err := p.cmd.Start(); err != nil {
		return err
	}
	if err := p.ready(); err != nil {
		return err
	}
	return p.fill()
}

// ready waits until the server answers, at its start and after a crash.
func (p *postgres) ready() (err error) {
	for range 200 {
		if err = p.exec("SELECT 1"); err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	log, _ := os.ReadFile(filepath.Join(p.dir, "log"))
	return fmt.Errorf("postgres does not start: %w\n%s", err, log)
}

func (p *postgres) fill() error {
	schema, err := os.ReadFile("testdata/schema.sql")
	if err != nil {
		return err
	}
	rows, err := os.ReadFile("testdata/rows.jsonl")
	if err != nil {
		return err
	}
	if err := p.exec(string(schema)); err != nil {
		return err
	}
	for _, line := range reversed(bytes.Split(bytes.TrimSpace(rows), []byte("\n"))) {
		for _, table := range []string{`"LiteLLM_SpendLogs"`, `"moved"."Spend.Logs"`} {
			if err := p.exec(fmt.Sprintf(`INSERT INTO %s SELECT * FROM json_populate_record(NULL::%s, '%s')`, table, table, strings.ReplaceAll(string(line), "'", "''"))); err != nil {
				return err
			}
		}
	}
	return p.exec(`INSERT INTO "first"."LiteLLM_SpendLogs" SELECT r.* FROM "LiteLLM_SpendLogs" s, jsonb_populate_record(NULL::"first"."LiteLLM_SpendLogs", to_jsonb(s)) r`)
}

// reversed makes the order of insertion another than that of reading.
func reversed(lines [][]byte) [][]byte {
	var out [][]byte
	for _, l := range lines {
		out = append([][]byte{l}, out...)
	}
	return out
}

// exec runs SQL as the superuser.
func (p *postgres) exec(sql string) error {
	_, err := p.value(sql)
	return err
}

// value gives the first cell of the last result.
func (p *postgres) value(sql string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgconn.Connect(ctx, p.dsn("application_name=test"))
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	results, err := conn.Exec(ctx, sql).ReadAll()
	if err != nil || len(results) == 0 || len(results[len(results)-1].Rows) == 0 {
		return "", err
	}
	return string(results[len(results)-1].Rows[0][0]), nil
}

func (p *postgres) dsn(params ...string) string { return p.dsnOf("gate", password, params...) }

func (p *postgres) dsnOf(user, password string, params ...string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(user, password), Path: "/postgres",
		RawQuery: strings.Join(append([]string{"host=" + p.dir, "port=5432"}, params...), "&")}
	return u.String()
}

func (p *postgres) stop() error {
	if p.cmd != nil {
		if err := p.cmd.Process.Signal(syscall.SIGINT); err != nil { // fast shutdown
			return err
		}
		if err := p.cmd.Wait(); err != nil {
			return fmt.Errorf("postgres: %w", err)
		}
	}
	if p.dir == "" {
		return nil
	}
	return os.RemoveAll(p.dir)
}
