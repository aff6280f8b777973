using System.Text.RegularExpressions;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.EndToEnd.OnKubernetes;

/// <summary>The commands of docs/runbook.md for a session whose logins fail, in its order.</summary>
internal enum RunbookStep
{
    Session,
    ProxyLog,
    ProxyLogOfAddress,
    ProxyLogOfFeed,
    PodLog,
}

/// <summary>
/// Somebody on call, who has docs/runbook.md and the commands in it. There is no kubelet, so <c>kubectl logs</c> prints
/// what the processes wrote.
/// </summary>
internal sealed partial class Runbook(ClusterGateway gateway)
{
    private const int MaxSteps = 3;

    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);

    private static readonly string Text = File.ReadAllText(Repository.File("docs/runbook.md"));

    private static readonly string[] Commands = FindCommands();

    private readonly string _directory = ScratchDirectory.New("on-call");

    /// <summary>
    /// Runs one command after the other; each must say what leads to the next, and the last the cause.
    /// </summary>
    /// <param name="id">The session.</param>
    /// <param name="path">A step, the word by which the runbook knows what it says, and what it says.</param>
    public Task FollowAsync(string id, params (RunbookStep Step, string Word, string Says)[] path) => FollowAsync(id, "203.0.113.7", null, path);

    /// <param name="id">The session.</param>
    /// <param name="address">Where its user is.</param>
    /// <param name="pod">Its pod.</param>
    /// <param name="path">As above.</param>
    public async Task FollowAsync(string id, string address, PodSshd? pod, params (RunbookStep Step, string Word, string Says)[] path)
    {
        Assert.InRange(path.Length, 1, MaxSteps);
        foreach ((RunbookStep step, string word, string says) in path)
        {
            Assert.Contains($"`{word}`", Text, StringComparison.Ordinal);
            CommandResult? last = null;
            await Eventually.TrueAsync(
                async () =>
                {
                    last = await RunAsync(step, id, address, pod);
                    return (last.Text + last.ErrorText).Contains(says, StringComparison.Ordinal);
                },
                Deadline,
                () => $"{step} does not say \"{says}\"\n{last}\n{gateway.Logs}");
        }
    }

    private async Task<CommandResult> RunAsync(RunbookStep step, string id, string address, PodSshd? pod)
    {
        string proxies = Path.Combine(_directory, "proxies.log");
        string sshd = Path.Combine(_directory, "pod.log");
        await File.WriteAllTextAsync(proxies, string.Concat(gateway.AllProxies.Select(proxy => proxy.Daemon.Output)));
        await File.WriteAllTextAsync(sshd, pod?.Log ?? "");
        string command = Commands[(int)step].Replace("abc12", id, StringComparison.Ordinal).Replace("203.0.113.7", address, StringComparison.Ordinal);
        return await Command.ShellAsync($$"""
            kubectl() {
              case " $* " in
                *' logs '*ssh-gateway-proxy*) cat '{{proxies}}' ;;
                *' logs '*) cat '{{sshd}}' ;;
                *) '{{KubectlProgram.File}}' --kubeconfig '{{gateway.Server.AdminKubeconfig}}' "$@" ;;
              esac
            }
            {{command}}
            """);
    }

    private static string[] FindCommands()
    {
        int begin = Text.IndexOf("## Logins to a session fail", StringComparison.Ordinal);
        int end = Text.IndexOf("\n## ", begin, StringComparison.Ordinal);
        string[] commands = [.. CommandLine().Matches(Text[begin..end]).Select(m => m.Groups[1].Value)];
        Assert.Equal(Enum.GetValues<RunbookStep>().Length, commands.Length);
        return commands;
    }

    [GeneratedRegex("(?m)^    (kubectl .+)$")]
    private static partial Regex CommandLine();
}
