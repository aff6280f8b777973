using System.Text;

namespace SshGateway.Operator.Listing;

/// <summary>Lays a table out as kubectl does (k8s.io/cli-runtime, printers), for programs that read it.</summary>
internal static class TableText
{
    private const int NarrowestColumn = 6;
    private const int Gap = 3;

    /// <param name="hasNamespaces">Whether the namespace is the first column.</param>
    public static string Format(ListedTable table, bool isWide, bool hasNamespaces)
    {
        int[] shown = [.. Enumerable.Range(0, table.Columns.Count).Where(i => isWide || !table.Columns[i].IsWide)];
        List<string[]> lines = [Line("NAMESPACE", shown.Select(i => table.Columns[i].Name.ToUpperInvariant()))];
        lines.AddRange(table.Rows.Select(row => Line(row.Namespace, shown.Select(i => Printable(row.Cells[i] ?? "")))));
        int[] widths = [.. Enumerable.Range(0, lines[0].Length).Select(i => Math.Max(NarrowestColumn, lines.Max(l => Length(l[i])) + Gap))];
        var text = new StringBuilder();
        foreach (string[] line in lines)
        {
            for (int i = 0; i < line.Length - 1; i++)
            {
                text.Append(line[i]).Append(' ', widths[i] - Length(line[i]));
            }
            text.Append(line[^1]).Append('\n');
        }
        return text.ToString();

        string[] Line(string ofNamespace, IEnumerable<string> cells) => hasNamespaces ? [ofNamespace, .. cells] : [.. cells];
    }

    // Whoever writes a session must not write to the terminal of whoever lists it.
    private static string Printable(string cell)
    {
        int end = cell.AsSpan().IndexOfAny("\f\n\r");
        string line = end < 0 ? cell : $"{cell[..end]}...";
        return string.Concat(line.Select(c => c == '\e' ? "^[" : char.IsControl(c) ? "?" : c.ToString()));
    }

    private static int Length(string text) => text.EnumerateRunes().Count();
}
