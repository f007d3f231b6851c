package main

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"os"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// The size of a picture, and its colors.
const width, height = 6.5 * vg.Inch, 5 * vg.Inch

var (
	blue   = color.RGBA{R: 0x1f, G: 0x5f, B: 0xa8, A: 0xff}
	orange = color.RGBA{R: 0xc0, G: 0x5a, B: 0x10, A: 0xff}
	light  = color.RGBA{R: 0xe4, G: 0xed, B: 0xf6, A: 0xff} // of the band
	gray   = color.RGBA{R: 0xd8, G: 0xd8, B: 0xd8, A: 0xff} // of the grid
)

func init() { plot.DefaultFont = font.Font{Typeface: "Liberation", Variant: "Sans"} }

// writePicture draws a series to a file.
func writePicture(path string, s series) error {
	svg, err := picture(s)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return os.WriteFile(path, svg, 0o666)
}

// picture draws a series as an SVG, CPU above and memory below, over axes that are
// alike. The same figures give the same bytes.
func picture(s series) ([]byte, error) {
	cpu, err := panel(s, "CPU s per million events", figures.ofCPU, blue, true)
	if err != nil {
		return nil, err
	}
	cpu.Title.Text = s.title
	memory, err := panel(s, "peak memory, MiB", figures.ofMemory, orange, false)
	if err != nil {
		return nil, err
	}
	memory.X.Label.Text = s.axis

	canvas := vgsvg.New(width, height)
	whole := draw.New(canvas)
	whole.SetColor(color.White)
	whole.Fill(whole.Rectangle.Path())
	tiles := draw.Tiles{
		Rows: 2, Cols: 1, PadY: vg.Points(10),
		PadTop: vg.Points(6), PadBottom: vg.Points(6), PadLeft: vg.Points(6), PadRight: vg.Points(10),
	}
	column := [][]*plot.Plot{{cpu}, {memory}}
	for i, row := range plot.Align(column, tiles, whole) {
		column[i][0].Draw(row[0])
	}
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return nil, err
	}
	// Arial and Helvetica are as wide, where the font is missing.
	return bytes.ReplaceAll(b.Bytes(), []byte("font-family:Liberation Sans;"), []byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif;")), nil
}

// panel draws the medians of a figure as a line from point to point, with a bar at
// each from the least to the most. With a band it shows what is within 20 % of the
// first median. The horizontal axis is one of logarithms, and not plot.LogScale,
// with which the label of the axis takes room beside it.
func panel(s series, name string, of func(figures) float64, c color.Color, band bool) (*plot.Plot, error) {
	var data bars
	var ticks plot.ConstantTicks
	for _, p := range s.points {
		x, y := math.Log10(s.grown(p)), spreadOf(p.runs, of)
		data.XYs = append(data.XYs, plotter.XY{X: x, Y: y.median})
		data.YErrors = append(data.YErrors, struct{ Low, High float64 }{y.median - y.least, y.most - y.median})
		ticks = append(ticks, plot.Tick{Value: x, Label: rounded(s.grown(p))})
	}
	line, points, err := plotter.NewLinePoints(data.XYs)
	if err != nil {
		return nil, err
	}
	spreads, err := plotter.NewYErrorBars(data)
	if err != nil {
		return nil, err
	}
	line.Color, line.Width = c, vg.Points(1.5)
	points.Color, points.Shape, points.Radius = c, draw.CircleGlyph{}, vg.Points(3)
	spreads.Color = c

	p := plot.New()
	p.Y.Label.Text, p.Y.Tick.Marker = name, plot.TickerFunc(plainTicks)
	p.X.Tick.Marker = ticks
	p.X.Padding, p.Y.Padding = 0, 0
	left, right := margins(data.XYs)
	if band {
		first := data.XYs[0].Y
		if err := addBand(p, left, right, 0.8*first, 1.2*first); err != nil {
			return nil, err
		}
	}
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = gray, gray
	p.Add(grid, line, spreads, points)
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = left, right, 0, 1.15*p.Y.Max
	return p, nil
}

// addBand shades what is between two values, and says so.
func addBand(p *plot.Plot, left, right, low, high float64) error {
	area, err := plotter.NewPolygon(plotter.XYs{{X: left, Y: low}, {X: right, Y: low}, {X: right, Y: high}, {X: left, Y: high}})
	if err != nil {
		return err
	}
	area.Color, area.LineStyle.Width = light, 0
	p.Add(area)
	p.Legend.Add("within 20 % of the first point", area)
	p.Legend.YOffs, p.Legend.TextStyle.Font.Size = vg.Points(4), vg.Points(10)
	return nil
}

// plainTicks are the default ones without zeros at the end: 2.5, 5 and not 5.0.
func plainTicks(least, most float64) []plot.Tick {
	ticks := plot.DefaultTicks{}.Ticks(least, most)
	for i, tick := range ticks {
		if tick.Label != "" {
			ticks[i].Label = strconv.FormatFloat(tick.Value, 'g', 6, 64)
		}
	}
	return ticks
}

// margins are the ends of an axis: a little beside the points.
func margins(points plotter.XYs) (left, right float64) {
	left, right, _, _ = plotter.XYRange(points)
	beside := 0.04 * (right - left)
	if left == right {
		beside = 1
	}
	return left - beside, right + beside
}

// bars are points and how far what was measured is from them.
type bars struct {
	plotter.XYs
	plotter.YErrors
}

// rounded is a number in three digits: 2.5 M, 31.5 k, 133 k.
func rounded(x float64) string {
	for _, unit := range []struct {
		size float64
		name string
	}{{1e6, " M"}, {1e3, " k"}, {1, ""}} {
		if x >= 0.9995*unit.size {
			return strconv.FormatFloat(x/unit.size, 'g', 3, 64) + unit.name
		}
	}
	return strconv.FormatFloat(x, 'g', 3, 64)
}
