using System.Text.RegularExpressions;
using SshGateway.Tests.Support;

namespace SshGateway.Tests.Integration.Deploy;

/// <summary>Every file that names the project's version names the one in Directory.Build.props.</summary>
public sealed class VersionTests
{
    [Theory]
    [InlineData("Dockerfile.operator", @"-t ssh-gateway-operator:(\S+) |^ARG VERSION=(\S+)$", 2)]
    [InlineData("Dockerfile.proxy", @"-t ssh-gateway-proxy:(\S+) |^ARG VERSION=(\S+)$", 2)]
    [InlineData("Dockerfile.exec", @"-t ssh-gateway-exec:(\S+) |^ARG VERSION=(\S+)$", 2)]
    [InlineData("deploy/base/kustomization.yaml", @"newTag: (\S+)$", 2)]
    [InlineData("deploy/components/exec/kustomization.yaml", @"newTag: (\S+)$", 1)]
    [InlineData("deploy/labels/labels.yaml", @"app\.kubernetes\.io/version: (\S+)$", 1)]
    [InlineData("deploy/helm/ssh-gateway/Chart.yaml", @"^(?:appVersion|version): (\S+)$", 2)]
    [InlineData("deploy/README.md", @"newTag: (\S+?)\}|registry\.example\.com/ssh-gateway-proxy:(\S+)|ssh-gateway-(\d\S+)\.tgz|--version (\S+)", 8)]
    // The newest version that was released.
    [InlineData("CHANGELOG.md", @"\A(?s:.*?)^## \[(\d[^\]]*)\] - \d{4}-\d\d-\d\d$", 1)]
    [InlineData("SECURITY.md", @"^\| (\d+\.\d+\.x) \| yes", 1)]
    public void A_file_names_the_projects_version(string file, string pattern, int times)
    {
        string text = File.ReadAllText(Repository.File(file));

        string[] found = [.. Regex.Matches(text, pattern, RegexOptions.Multiline).Select(m => m.Groups.Values.Skip(1).First(g => g.Success).Value)];

        Assert.Equal(times, found.Length);
        // "0.2.x" stands for every patch of 0.2.
        string series = string.Join('.', Repository.Version.Split('.')[..2]) + ".x";
        Assert.All(found, version => Assert.Contains(version, (string[])[Repository.Version, series]));
    }
}
