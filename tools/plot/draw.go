package main

import (
	"image/color"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// Of the size of a page, and told apart by those who see no colors, too.
const (
	width    = 18 * vg.Centimeter
	height   = 10 * vg.Centimeter
	barWidth = 24 // points
)

var colors = []color.Color{
	color.RGBA{R: 0x00, G: 0x72, B: 0xb2, A: 0xff},
	color.RGBA{R: 0xe6, G: 0x9f, B: 0x00, A: 0xff},
	color.RGBA{R: 0x00, G: 0x9e, B: 0x73, A: 0xff},
}

// draw writes a plot of medians; a line also has, at each point, the range from the
// least to the most that was measured.
func draw(data plotData, file string) error {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = data.Title, data.X, data.Y
	p.Legend.Top, p.Legend.Left, p.Legend.Padding = true, true, vg.Points(3)
	p.Add(plotter.NewGrid())
	add := addLine
	if len(data.Labels) > 0 {
		add = addBars
		p.NominalX(onTwoLines(data.Labels)...)
		p.Y.Min = 0
	} else {
		p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
		p.X.Tick.Marker, p.Y.Tick.Marker = plot.LogTicks{Prec: -1}, plot.LogTicks{Prec: -1}
	}
	for i, s := range data.Series {
		if err := add(p, s, i, len(data.Series)); err != nil {
			return err
		}
	}
	// Room for the outer bars or the label of the last tick, and for the legend.
	if len(data.Labels) > 0 {
		p.X.Min, p.X.Max = -0.5, float64(len(data.Labels))-0.5
		p.Y.Max *= 1.3
	} else {
		p.X.Max *= 1.4
		p.Y.Max *= 5
	}
	return p.Save(width, height, file)
}

// onTwoLines keeps labels from running into each other.
func onTwoLines(labels []string) (split []string) {
	for _, label := range labels {
		split = append(split, strings.Replace(label, " ", "\n", 1))
	}
	return split
}

// addBars puts the bars of a series beside those of the others.
func addBars(p *plot.Plot, s seriesData, index, count int) error {
	bars, err := plotter.NewBarChart(plotter.Values(s.Y), vg.Points(barWidth))
	if err != nil {
		return err
	}
	bars.Color, bars.LineStyle.Width = colors[index%len(colors)], 0
	bars.Offset = vg.Points(barWidth * (float64(index) - float64(count-1)/2))
	p.Add(bars)
	p.Legend.Add(s.Name, bars)
	return nil
}

// addLine draws a line through the points, with the range at each.
func addLine(p *plot.Plot, s seriesData, index, _ int) error {
	points := make(plotter.XYs, len(s.X))
	ranges := make(plotter.YErrors, len(s.X))
	for i := range points {
		points[i].X, points[i].Y = s.X[i], s.Y[i]
		ranges[i].Low, ranges[i].High = s.Y[i]-s.Low[i], s.High[i]-s.Y[i]
	}
	line, marks, err := plotter.NewLinePoints(points)
	if err != nil {
		return err
	}
	bars, err := plotter.NewYErrorBars(struct {
		plotter.XYer
		plotter.YErrorer
	}{points, ranges})
	if err != nil {
		return err
	}
	line.Color, line.Width = colors[index%len(colors)], vg.Points(1.5)
	line.Dashes = [][]vg.Length{nil, {vg.Points(6), vg.Points(3)}, {vg.Points(2), vg.Points(2)}}[index%3]
	marks.Color, bars.Color = line.Color, line.Color
	p.Add(line, marks, bars)
	p.Legend.Add(s.Name, line, marks)
	return nil
}
