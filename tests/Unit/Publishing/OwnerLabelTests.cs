using System.Diagnostics;
using System.Text.RegularExpressions;
using SshGateway.Operator.Model;
using SshGateway.Tests.Support;
using Xunit;

namespace SshGateway.Tests.Unit.Publishing;

/// <summary>The label's value for an owner.</summary>
public sealed partial class OwnerLabelTests
{
    public static TheoryData<string, string> Owners => new()
    {
        { "alice", "alice" },
        { "alice.b-c_D", "alice.b-c_D" },
        { "a", "a" },
        { new string('a', 63), new string('a', 63) },
        { new string('a', 64), $"{new string('a', 52)}-ffe054fe7a" },
        { "alice@example.com", "alice_example.com-ff8d9819fc" },
        { "-alice", "alice-69940822d4" },
        { "@", "c3641f8544" },
        { "Zoë", "Zo__-c6a1269858" },
        // They look like another owner's value with a hash.
        { "alice_example.com-ff8d9819fc", "alice_example.com-ff8d9819fc-31c39fe59e" },
        { "c3641f8544", "c3641f8544-81176d73b5" },
    };

    [Theory]
    [MemberData(nameof(Owners))]
    public void An_owner_has_a_value_that_a_label_can_have(string owner, string expected)
    {
        string value = OwnerLabel.FindValue(owner);

        Assert.Equal(expected, value);
        Assert.Matches(@"\A[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?\z", value);
    }

    // A person who looks for sessions with kubectl computes the value in a shell.
    [Theory]
    [MemberData(nameof(Owners))]
    public async Task The_line_of_shell_in_the_guide_computes_the_same(string owner, string _)
    {
        if (OwnerLabel.FindValue(owner) == owner)
        {
            return;
        }
        Match guide = ShellLines().Match(await File.ReadAllTextAsync(Repository.File("docs/tars.md")));
        Assert.True(guide.Success);
        var start = new ProcessStartInfo("/bin/sh", ["-c", $"owner=\"$1\"\n{guide.Groups[1].Value.Replace("owner=alice@example.com\n", "", StringComparison.Ordinal)}\nprintf %s \"$label\"", "sh", owner])
        {
            RedirectStandardOutput = true,
        };
        using Process shell = Process.Start(start)!;
        string value = await shell.StandardOutput.ReadToEndAsync();
        await shell.WaitForExitAsync();

        Assert.Equal(OwnerLabel.FindValue(owner), value);
    }

    [GeneratedRegex(@"```sh\n(owner=[^`]*?)\nkubectl ")]
    private static partial Regex ShellLines();
}
