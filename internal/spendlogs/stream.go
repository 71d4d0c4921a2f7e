package spendlogs

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// stream is File while it is read: rows come from the server as fast as they are taken, and one is held at a time.
type stream struct {
	table *Table
	conn  *pgconn.PgConn
	rows  *pgconn.ResultReader
	row   []byte // of which pending is the rest
	left  []byte
	count int64
	err   error // what ended the rows; it is given again however often it is asked for
}

// Read implements io.Reader. It gives io.EOF only once the server has said how many rows there are and all have come.
func (s *stream) Read(b []byte) (n int, err error) {
	for n < len(b) {
		if len(s.left) == 0 && !s.next() {
			break
		}
		k := copy(b[n:], s.left)
		n, s.left = n+k, s.left[k:]
	}
	if n == 0 && len(b) > 0 {
		return 0, s.err
	}
	return n, nil
}

// next takes the next row; false is the end, for which err is the reason.
func (s *stream) next() bool {
	if s.err != nil {
		return false
	}
	if s.rows.NextRow() {
		s.count++
		s.row = append(append(s.row[:0], s.rows.Values()[0]...), '\n')
		s.left = s.row
		return true
	}
	tag, err := s.rows.Close()
	switch {
	case err != nil:
		s.err = s.table.explain(err, fmt.Sprintf("after %d rows", s.count), "read again")
	case tag.RowsAffected() != s.count:
		s.err = &Error{Summary: fmt.Sprintf("%d rows came of %d", s.count, tag.RowsAffected()), Hint: "read again"}
	default:
		s.err = io.EOF
	}
	return false
}

// Close ends the reading; a query that is still running is cancelled, so that the server does not go on sorting for nobody.
func (s *stream) Close() error {
	if s.err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		_ = s.conn.CancelRequest(ctx) // the connection ends either way
		s.err = fs.ErrClosed
	}
	return hangUp(s.conn)
}

// Stat implements fs.File. The size is not known before all rows have come: it is 0.
func (s *stream) Stat() (fs.FileInfo, error) { return info{}, nil }

type info struct{}

func (info) Name() string       { return File }
func (info) Size() int64        { return 0 }
func (info) Mode() fs.FileMode  { return 0o444 }
func (info) ModTime() time.Time { return time.Time{} }
func (info) IsDir() bool        { return false }
func (info) Sys() any           { return nil }
