package traffic

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"github.com/tokengate/tokengate/internal/parquet"
)

func isParquet(h head) bool { return h.text == parquet.Magic }

// maxParquet is how large a Parquet file may be that has to be held whole, because it is packed once more or its file
// system cannot read at an offset, as that of a git revision.
const maxParquet = 256 << 20

// readParquet reads the native keys as columns, one row group after the other, and only the columns that a call needs.
// A row stands for a line. Columns of a lake that are none of ours are facts where somebody asks for them.
func readParquet(f *file, in *input) error {
	at, size, err := in.random()
	if err != nil {
		return err
	}
	p := &parquetReader{file: f, limit: cmp.Or(f.opts.MaxBytes, max(leastLimit, maxRatio*size)), at: at}
	if p.from, err = parquet.Open(at, size, p.limit); err != nil {
		return p.explain(err, false)
	}
	if p.columns, err = bindColumns(f, p.from); err != nil {
		return err
	}
	p.texts = slices.ContainsFunc(p.columns, func(c *parquetColumn) bool { return c.name == "messages" })
	for g := range p.from.Groups {
		if err := p.group(g); err != nil {
			return p.explain(err, true)
		}
	}
	return nil
}

// readerAt reads at an offset, meters what the look at the beginning has not read, and remembers a failing read.
type readerAt struct {
	r     io.ReaderAt
	meter *meter
	from  int64 // where what was not read yet begins
	err   error
}

// ReadAt implements io.ReaderAt.
func (r *readerAt) ReadAt(b []byte, off int64) (int, error) {
	n, err := r.r.ReadAt(b, off)
	if end := off + int64(n); end > r.from {
		r.meter.add(end - max(off, r.from))
	}
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}

// random gives the file for reading at any offset: as it is stored, or out of memory.
func (in *input) random() (*readerAt, int64, error) {
	var begin [len(parquet.Magic)]byte
	if r, ok := in.raw.(io.ReaderAt); ok {
		_, err := r.ReadAt(begin[:], 0)
		st, wrong := in.raw.Stat()
		if err == nil && wrong == nil && string(begin[:]) == parquet.Magic {
			return &readerAt{r: r, meter: in.stored.meter, from: in.stored.n}, st.Size(), nil
		}
	}
	limit := min(in.limit, maxParquet)
	whole, err := io.ReadAll(io.LimitReader(in.Reader, limit+1))
	switch {
	case err != nil:
		return nil, 0, err
	case int64(len(whole)) > limit:
		return nil, 0, &fileError{rule: ruleTooBig, summary: fmt.Sprintf("the Parquet file is packed once more, or comes from a git revision, and has more than %d bytes", limit),
			hint: "unpack it, or name the file itself with --recording: it is then read column by column"}
	case !bytes.HasPrefix(whole, []byte(parquet.Magic)):
		return nil, 0, &fileError{rule: ruleDialect, summary: "the recording is no Parquet file: it does not begin with " + parquet.Magic, hint: "leave its dialect out"}
	}
	return &readerAt{r: bytes.NewReader(whole), meter: &meter{}}, int64(len(whole)), nil
}

// parquetReader is a file while its rows are read.
type parquetReader struct {
	file    *file
	from    *parquet.File
	at      *readerAt
	limit   int64
	columns []*parquetColumn
	texts   bool // there is a column of messages, and it is wanted
	row     parquetRow
}

// rowCost is what a row takes from the limit, so that rows which take no room in the file do not go on without end.
const rowCost = 16

// group reads a row group. Columns that do not hold the rows it claims are damage.
func (p *parquetReader) group(g int) (err error) {
	rows := p.from.Groups[g].Rows
	if rows > p.limit/rowCost {
		return parquet.ErrTooBig
	}
	if err := p.from.Spend(rows * rowCost); err != nil {
		return err
	}
	for _, c := range p.columns {
		if err := c.open(p.from, g); err != nil {
			return err
		}
	}
	for range rows {
		if err := p.next(); err != nil {
			return err
		}
	}
	for _, c := range p.columns {
		if err := c.end(); err != nil {
			return err
		}
	}
	return nil
}

// next reads a row from every column. One that is bad is rejected; the columns go on together.
func (p *parquetReader) next() error {
	f, row := p.file, &p.row
	row.reset(f)
	for _, c := range p.columns {
		if err := c.read(row); err != nil {
			return err
		}
	}
	f.lines++
	line := int(f.lines)
	if err := p.from.Spend(row.size); err != nil {
		return err
	}
	if err := row.whole(); err != nil {
		f.reject(line, err)
		return nil
	}
	r := record{call: row.call, strict: true, facts: row.told.facts}
	if f.text && p.texts {
		f.attach(&r, row.body.weigh(), line)
	}
	f.accept(r, line)
	return nil
}

// explain turns an error of the container into one of the file, unless the machine failed.
func (p *parquetReader) explain(err error, midway bool) error {
	var packed *parquet.UnsupportedError
	switch {
	case p.at.err != nil:
		return p.at.err
	case errors.Is(err, parquet.ErrTooBig):
		return &fileError{rule: ruleTooBig, hint: "split the recording", summary: fmt.Sprintf("the recording unpacks to more than %d bytes", p.limit), midway: midway}
	case errors.Is(err, parquet.ErrShort):
		return &fileError{rule: ruleDamaged, hint: "it is still being written, or was cut: fetch or record it again", summary: "the Parquet file is cut short: it has no footer"}
	case errors.As(err, &packed):
		return &fileError{rule: ruleBinary, hint: "write it with zstd or snappy", summary: "the Parquet file cannot be read: " + err.Error()}
	case errors.Is(err, fs.ErrClosed):
		return err
	}
	return &fileError{rule: ruleDamaged, hint: "fetch or record the file again", summary: "the Parquet file is damaged: " + err.Error(), midway: midway}
}
