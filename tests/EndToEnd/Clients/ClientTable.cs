using SshGateway.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace SshGateway.Tests.EndToEnd.Clients;

/// <summary>
/// The table of docs/ssh-support.md, between two markers. A run compares what it sees with it; with CLIENT_TABLE=write
/// in the environment it writes what it sees.
/// </summary>
internal static class ClientTable
{
    private const string Begin = "<!-- made by make test-long CLIENT_TABLE=write -->";
    private const string End = "<!-- end of the table -->";

    private static string Document => Repository.File("docs/ssh-support.md");

    /// <summary>
    /// Fails when the committed row says something else, unless only the client's version has changed.
    /// </summary>
    /// <param name="seen">What was seen.</param>
    /// <param name="details">Why a cell says no.</param>
    /// <param name="output">Where a new version is told.</param>
    public static void Compare(ClientRow seen, string details, ITestOutputHelper output)
    {
        IReadOnlyList<ClientRow> rows = Read();
        if (Environment.GetEnvironmentVariable("CLIENT_TABLE") == "write")
        {
            Write([.. rows.Where(row => row.Client != seen.Client).Append(seen).OrderBy(row => row.Client, StringComparer.Ordinal)]);
        }
        else
        {
            ClientRow? committed = rows.FirstOrDefault(row => row.Client == seen.Client);
            Assert.True(
                committed is not null && committed with { Version = seen.Version } == seen,
                $"docs/ssh-support.md says\n  {committed}\nand this was seen:\n  {seen}\n{details}");
            if (committed.Version != seen.Version)
            {
                output.WriteLine($"Figure: docs/ssh-support.md was made with {committed.Version}; here is {seen.Version}");
            }
        }
    }

    public static IReadOnlyList<ClientRow> Read() =>
        [.. Split().Table.Skip(2).Select(ClientRow.Parse).OfType<ClientRow>()];

    private static void Write(IReadOnlyList<ClientRow> rows)
    {
        (string[] before, _, string[] after) = Split();
        File.WriteAllLines(Document, [.. before, .. ClientRow.Header.Split('\n'), .. rows.Select(row => row.ToString()), .. after]);
    }

    private static (string[] Before, string[] Table, string[] After) Split()
    {
        string[] lines = File.ReadAllLines(Document);
        int begin = Array.IndexOf(lines, Begin) + 1;
        int end = Array.IndexOf(lines, End);
        Assert.True(begin > 0 && end >= begin, $"docs/ssh-support.md lacks the lines {Begin} and {End}.");
        return (lines[..begin], lines[begin..end], lines[end..]);
    }
}
