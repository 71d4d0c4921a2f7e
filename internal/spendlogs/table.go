// Package spendlogs owns the table in which a LiteLLM proxy keeps one row a request. It offers what the table holds as a
// file system with one file of JSON lines, a row a line, so that the reader of LiteLLM's files reads the table as well.
//
// It does not know what a row means; it only leaves the text of prompts and answers in the database. Everything that is
// read, however often, is what the table held when it was opened.
//
//	table, err := spendlogs.Open(ctx, "postgres://reader@db/litellm?from=2026-05-01&to=2026-06-01", spendlogs.Options{})
//	defer table.Close()
//	rec, diags, err := traffic.Read([]traffic.Source{{FS: table, Path: spendlogs.File, Name: table.Name(), Dialect: traffic.LiteLLM}}, …)
package spendlogs

import (
	"context"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// File is the one path in a Table.
const File = "spendlogs.jsonl"

// Options narrow what is read. A parameter of the address that says the same goes before.
type Options struct {
	Table    string    // "table" or "schema.table"; "" is LiteLLM_SpendLogs, found through the search path
	From, To time.Time // rows that started in [From, To), UTC; zero is no bound
	Text     bool      // also the columns that hold prompts, where the proxy stored them
}

// Table is what the table of spend logs held when it was opened. It is an fs.FS, and File may be opened any number of
// times, also side by side: every opening gives the same bytes.
//
// Rows are inserted when a request ends and sorted by when it began, so no bound on the time would keep late rows out of
// a second reading. Therefore one connection keeps a snapshot open, and every opening has a connection of its own that
// reads in that snapshot. Until Close, the server cannot clean up rows deleted meanwhile; nothing is locked between
// readings.
type Table struct {
	ctx      context.Context // of every reading: an fs.FS has no place for one
	addr     address
	keeper   *pgconn.PgConn
	snapshot string
	query    string
	params   [][]byte
}

// Open connects, finds the table and its columns, and pins what it holds. The context holds for all readings as well.
// Every error is an *Error or the context's.
func Open(ctx context.Context, dsn string, opts Options) (*Table, error) {
	addr, err := parse(dsn, opts)
	if err != nil {
		return nil, err
	}
	t := &Table{ctx: ctx, addr: addr}
	if t.keeper, err = t.begin(""); err != nil {
		return nil, err
	}
	if err := t.prepare(); err != nil {
		_ = t.Close() // what failed before is what is wrong
		return nil, err
	}
	return t, nil
}

func (t *Table) prepare() error {
	rows, err := t.rows(t.keeper, "SELECT pg_export_snapshot()")
	if err != nil {
		return err
	}
	t.snapshot = rows[0][0]
	rel, err := t.find()
	if err != nil {
		return err
	}
	t.addr.table = rel.name
	t.query, t.params, err = rel.selection(t.addr)
	return err
}

// Name is how the table is shown: host, database, table and window, without user and password.
func (t *Table) Name() string { return t.addr.String() }

// Open implements fs.FS.
func (t *Table) Open(name string) (fs.File, error) {
	if name != File {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	conn, err := t.begin(t.snapshot)
	if err != nil {
		return nil, err
	}
	return &stream{table: t, conn: conn, rows: conn.ExecParams(t.ctx, t.query, t.params, nil, nil, nil)}, nil
}

// Close lets go of the snapshot. Files that are still open read on.
func (t *Table) Close() error { return hangUp(t.keeper) }

// begin connects and begins a transaction that sees the snapshot, or one of its own for "".
func (t *Table) begin(snapshot string) (*pgconn.PgConn, error) {
	conn, err := pgconn.ConnectConfig(t.ctx, t.addr.config)
	if err != nil {
		return nil, t.connectError(err)
	}
	for _, sql := range opening(snapshot) {
		if _, err := t.rows(conn, sql); err != nil {
			_ = hangUp(conn) // what failed before is what is wrong
			return nil, err
		}
	}
	return conn, nil
}

// opening begins a transaction. Nothing may stop a long reading but its end: timeouts are off for the transaction, those
// of them that this server knows. Row security is off, so that policies which would hide rows from this user are an
// error: a part of the spend must not pass for all of it.
func opening(snapshot string) []string {
	sqls := []string{"BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"}
	if snapshot != "" {
		sqls = append(sqls, "SET TRANSACTION SNAPSHOT "+literal(snapshot))
	}
	return append(sqls, "SELECT set_config(name, '0', true) FROM pg_catalog.pg_settings"+
		" WHERE name IN ('statement_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')",
		"SELECT set_config('TimeZone', 'UTC', true), set_config('row_security', 'off', true)")
}

// rows runs a statement and gives its rows as text; NULL is "".
func (t *Table) rows(conn *pgconn.PgConn, sql string, params ...[]byte) ([][]string, error) {
	result := conn.ExecParams(t.ctx, sql, params, nil, nil, nil).Read()
	if result.Err != nil {
		return nil, t.queryError(result.Err)
	}
	var rows [][]string
	for _, r := range result.Rows {
		var row []string
		for _, v := range r {
			row = append(row, string(v))
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// hangUp ends a connection, whatever it is doing.
func hangUp(conn *pgconn.PgConn) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := conn.Close(ctx); err != nil {
		return fmt.Errorf("close the connection to the database: %w", err)
	}
	return nil
}
