package order

import (
	"fmt"
	"strings"
)

// appendCells appends the cells of a row to cells. It is as strict as RFC 4180:
// a quote stands only around a cell, or doubled in a quoted one.
func appendCells(cells []string, row string) ([]string, error) {
	for {
		var cell string
		var ok bool
		n := len(cells) + 1
		if strings.HasPrefix(row, `"`) {
			if cell, row, ok = quotedCell(row[1:]); !ok {
				return cells, fmt.Errorf("cell %d: the quote is not closed", n)
			}
		} else {
			end := strings.IndexByte(row, ',')
			if end < 0 {
				end = len(row)
			}
			if cell, row = row[:end], row[end:]; strings.IndexByte(cell, '"') >= 0 {
				return cells, fmt.Errorf("cell %d: got a quote in %q, want the whole cell quoted", n, cut(cell))
			}
		}
		cells = append(cells, cell)
		if row == "" {
			return cells, nil
		}
		if row[0] != ',' {
			return cells, fmt.Errorf("cell %d: got %q after the closing quote, want a comma", n, cut(row))
		}
		row = row[1:]
	}
}

// quotedCell returns the cell behind its opening quote and what follows its
// closing one.
func quotedCell(row string) (cell, rest string, ok bool) {
	doubled := false
	for i := 0; ; i += 2 {
		next := strings.IndexByte(row[i:], '"')
		if next < 0 {
			return "", "", false
		}
		i += next
		if !strings.HasPrefix(row[i+1:], `"`) {
			cell = row[:i]
			if doubled {
				cell = strings.ReplaceAll(cell, `""`, `"`)
			}
			return cell, row[i+1:], true
		}
		doubled = true
	}
}
