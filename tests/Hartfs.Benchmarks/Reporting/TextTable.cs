using System.Text;

namespace Hartfs.Benchmarks.Reporting;

/// <summary>A table as aligned Markdown: read in a terminal, pasted into a document.</summary>
internal sealed class TextTable(params string[] header)
{
    private readonly List<string[]> _rows = [];

    /// <summary>Adds a row with as many cells as the header has.</summary>
    public void Add(params string[] cells)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(cells.Length, header.Length);
        _rows.Add(cells);
    }

    public override string ToString()
    {
        int[] widths = [.. header.Select((text, column) =>
            _rows.Select(row => row[column].Length).Append(text.Length).Max())];
        var text = new StringBuilder();
        AppendRow(text, header, widths);
        text.Append('|');
        for (int column = 0; column < widths.Length; column++)
            text.Append('-', widths[column] + 1).Append(column == 0 ? "-|" : ":|");
        text.Append('\n');
        foreach (string[] row in _rows) AppendRow(text, row, widths);
        return text.ToString();
    }

    private static void AppendRow(StringBuilder text, string[] cells, int[] widths)
    {
        text.Append('|');
        for (int column = 0; column < cells.Length; column++)
        {
            string cell = column == 0 ? cells[column].PadRight(widths[column]) : cells[column].PadLeft(widths[column]);
            text.Append(' ').Append(cell).Append(" |");
        }

        text.Append('\n');
    }
}
