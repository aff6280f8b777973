using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.Integration.Programs;

/// <summary><c>--version</c> and <c>--help</c> of the built programs.</summary>
public sealed class ProgramInfoTests
{
    private static string Version => Repository.Version;

    [Theory]
    [InlineData("operator")]
    [InlineData("proxy")]
    [InlineData("exec")]
    public async Task The_version_needs_no_configuration(string program)
    {
        CommandResult result = await RunAsync(program, "--version", "--config=/no/such/file");

        Assert.True(result.Succeeded, result.ToString());
        Assert.Matches($@"\Asshgateway-{program} {Version.Replace(".", @"\.", StringComparison.Ordinal)} \(([0-9a-f]{{40}}(-modified)?|unknown)\)\n\z", result.Text);
    }

    [Theory]
    [InlineData("operator", "--help", "sshgateway-operator sessions [-o wide]")]
    [InlineData("operator", "-h", "docs/configuration.md")]
    [InlineData("proxy", "--help", "[--Proxy:<setting>=<value>]")]
    [InlineData("proxy", "-h", "docs/configuration.md")]
    [InlineData("exec", "--help", "[--Exec:<setting>=<value>]")]
    public async Task The_help_fits_a_terminal_and_names_the_settings(string program, string option, string expected)
    {
        CommandResult result = await RunAsync(program, option);

        Assert.True(result.Succeeded, result.ToString());
        Assert.StartsWith($"sshgateway-{program} {Version} (", result.Text, StringComparison.Ordinal);
        Assert.Contains(expected, result.Text, StringComparison.Ordinal);
        Assert.All(result.Text.Split('\n'), line => Assert.InRange(line.Length, 0, 80));
    }

    private static Task<CommandResult> RunAsync(string program, params string[] arguments) => GatewayProgram.RunAsync(program, arguments);
}
