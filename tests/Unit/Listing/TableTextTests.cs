using SshGateway.Operator.Listing;

namespace SshGateway.Tests.Unit.Listing;

/// <summary>The layout, where no API server's own table shows it.</summary>
public sealed class TableTextTests
{
    private static readonly ListedColumn[] Columns = [new("Name", false), new("User", false), new("Message", true)];

    [Fact]
    public void Columns_are_as_wide_as_their_widest_cell()
    {
        var table = new ListedTable(Columns, [new("space", ["abc12", "ada@example.com", null]), new("space", ["a", null, "grün"])]);

        Assert.Equal("NAME    USER\nabc12   ada@example.com\na       \n", TableText.Format(table, isWide: false, hasNamespaces: false));
        Assert.Equal(
            "NAMESPACE   NAME    USER              MESSAGE\nspace       abc12   ada@example.com   \nspace       a                         grün\n",
            TableText.Format(table, isWide: true, hasNamespaces: true));
    }

    [Fact]
    public void Cells_write_one_line_and_nothing_to_the_terminal()
    {
        var table = new ListedTable(Columns, [new("space", ["a", "x\ty\a\e[31m", "first\r\nsecond"])]);

        Assert.Equal("a      x?y?^[[31m   first...", TableText.Format(table, isWide: true, hasNamespaces: false).Split('\n')[1]);
    }
}
