// Copies a CSV file into an existing table by pgx, and prints how long that took:
//
//	pgx_copy <dsn> <table> <columns,comma> <csv file> <batch rows> <connections>
//
// Every row is a Go value before the clock starts, and every batch its own commit. In the file an empty field is an
// empty string for a text column, and NULL for any other.
package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"golang.org/x/sync/errgroup"
)

type settings struct {
	dsn         string
	table       pgx.Identifier
	columns     []string
	file        string
	batch       int
	connections int
}

func parseArguments(args []string) (settings, error) {
	if len(args) != 6 {
		return settings{}, errors.New("usage: pgx_copy <dsn> <table> <columns,comma> <csv file> <batch rows> <connections>")
	}
	s := settings{dsn: args[0], table: strings.Split(args[1], "."), columns: strings.Split(args[2], ","), file: args[3]}
	for i, number := range []*int{&s.batch, &s.connections} {
		value, err := strconv.Atoi(args[4+i])
		if err != nil || value < 1 {
			return settings{}, fmt.Errorf("%q is no positive number", args[4+i])
		}
		*number = value
	}
	return s, nil
}

func connect(ctx context.Context, s settings) ([]*pgx.Conn, error) {
	var conns []*pgx.Conn
	for range s.connections {
		conn, err := pgx.Connect(ctx, s.dsn)
		if err != nil {
			return nil, err
		}
		conns = append(conns, conn)
	}
	return conns, nil
}

// The type of each column, as the server has it.
func columnTypes(ctx context.Context, conn *pgx.Conn, s settings) ([]uint32, error) {
	var quoted []string
	for _, column := range s.columns {
		quoted = append(quoted, pgx.Identifier{column}.Sanitize())
	}
	sql := fmt.Sprintf("SELECT %s FROM %s", strings.Join(quoted, ", "), s.table.Sanitize())
	described, err := conn.Prepare(ctx, "", sql)
	if err != nil {
		return nil, err
	}
	var types []uint32
	for _, field := range described.Fields {
		types = append(types, field.DataTypeOID)
	}
	return types, nil
}

func parseTime(text string) (time.Time, error) {
	var at time.Time
	var err error
	for _, layout := range []string{"2006-01-02 15:04:05Z07", "2006-01-02 15:04:05Z07:00", time.RFC3339} {
		if at, err = time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return at, err
}

// The Go value that a program would hold for a column of that type.
func parseField(oid uint32, text string) (any, error) {
	switch {
	case oid == pgtype.TextOID || oid == pgtype.VarcharOID:
		return text, nil
	case text == "":
		return nil, nil
	}
	switch oid {
	case pgtype.UUIDOID:
		var id pgtype.UUID
		err := id.Scan(text)
		return id, err
	case pgtype.TimestamptzOID:
		return parseTime(text)
	case pgtype.JSONBOID:
		return []byte(text), nil
	case pgtype.Float8OID:
		return strconv.ParseFloat(text, 64)
	case pgtype.NumericOID:
		var number pgtype.Numeric
		err := number.Scan(text)
		return number, err
	}
	return nil, fmt.Errorf("a column of type %d is not supported", oid)
}

func readRows(path string, types []uint32) ([][]any, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	reader := csv.NewReader(bufio.NewReaderSize(file, 1<<20))
	reader.FieldsPerRecord = len(types)
	var rows [][]any
	for {
		record, err := reader.Read()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		row := make([]any, len(types))
		for i, text := range record {
			if row[i], err = parseField(types[i], text); err != nil {
				return nil, fmt.Errorf("%s, row %d: %w", path, len(rows)+1, err)
			}
		}
		rows = append(rows, row)
	}
}

// Every connection takes the next batch until there is none.
func copyRows(ctx context.Context, conns []*pgx.Conn, s settings, rows [][]any) error {
	var next atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	for _, conn := range conns {
		group.Go(func() error {
			for {
				begin := int(next.Add(int64(s.batch))) - s.batch
				if begin >= len(rows) {
					return nil
				}
				batch := rows[begin:min(begin+s.batch, len(rows))]
				if _, err := conn.CopyFrom(ctx, s.table, s.columns, pgx.CopyFromRows(batch)); err != nil {
					return err
				}
			}
		})
	}
	return group.Wait()
}

func run() error {
	s, err := parseArguments(os.Args[1:])
	if err != nil {
		return err
	}
	ctx := context.Background()
	conns, err := connect(ctx, s)
	if err != nil {
		return err
	}
	types, err := columnTypes(ctx, conns[0], s)
	if err != nil {
		return err
	}
	rows, err := readRows(s.file, types)
	if err != nil {
		return err
	}
	runtime.GC()
	start := time.Now()
	if err := copyRows(ctx, conns, s, rows); err != nil {
		return err
	}
	fmt.Printf("seconds %.4f\n", time.Since(start).Seconds())
	return nil
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "pgx_copy:", strings.ReplaceAll(err.Error(), "\n", " "))
		os.Exit(1)
	}
}
