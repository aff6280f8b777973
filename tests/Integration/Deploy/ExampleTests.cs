using System.Text.Json;
using SshGateway.Operator.Model;
using SshGateway.Operator.Yaml;
using SshGateway.Tests.Integration.Crd;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Crd;
using SshGateway.Tests.Support.Deploy;
using SshGateway.Tests.Support.Harness;

namespace SshGateway.Tests.Integration.Deploy;

/// <summary>deploy/examples/ and the examples of docs/.</summary>
public sealed class ExampleTests
{
    [Fact]
    public void The_example_session_is_a_good_one()
    {
        string text = File.ReadAllText(Repository.File("deploy/examples/claudesession.yaml"));

        ManifestDocument document = Assert.Single(ManifestReader.Read("claudesession.yaml", text));
        Assert.Null(document.Problem);
        Assert.Empty(SchemaJudge.Judge("", CustomResource.Schema, Manifest.Parse(text).Single()));
    }

    [Fact]
    public void The_example_pod_is_that_of_the_example_session()
    {
        JsonElement session = Manifest.Load("deploy/examples/claudesession.yaml").Single();
        JsonElement pod = Manifest.Load("deploy/examples/claude-pod.yaml").Single(o => o.Kind() == "Pod");

        Assert.Equal(session.Name(), pod.At("metadata.labels").GetProperty(ClaudeSession.SessionLabel).GetString());
        Assert.Equal(session.At("metadata.namespace").GetString(), pod.At("metadata.namespace").GetString());
        JsonElement container = pod.At("spec.containers")[0];
        Assert.Equal(session.At("spec.ssh.port").GetInt32(), container.GetProperty("ports")[0].GetProperty("containerPort").GetInt32());
        // A connection that says nothing is a failed login to sshd.
        Assert.DoesNotContain(((string[])["readinessProbe", "livenessProbe", "startupProbe"]), name => container.TryGetProperty(name, out JsonElement probe) && probe.TryGetProperty("tcpSocket", out _));
    }

    [RealSshFact("unshare", "setpriv", "mount")]
    public async Task The_installed_sshd_accepts_the_example_configuration()
    {
        await using ExamplePod pod = await ExamplePod.StartAsync(withPenalties: false);

        CommandResult test = await pod.RunInsideAsync("/usr/sbin/sshd -t -f /run/claude-ssh/config/sshd_config");

        Assert.True(test.Succeeded && test.ErrorText.Length == 0, test.ToString());
    }

    [RealSshFact("unshare", "setpriv", "mount")]
    public async Task The_setting_for_9_8_and_newer_is_a_file_of_its_own_because_an_older_sshd_refuses_it()
    {
        await using ExamplePod pod = await ExamplePod.StartAsync(withPenalties: true);

        CommandResult test = await pod.RunInsideAsync("/usr/sbin/sshd -t -f /run/claude-ssh/config/sshd_config");

        if (await ExamplePod.SshdVersionAsync() >= new Version(9, 8))
        {
            Assert.True(test.Succeeded, test.ToString());
        }
        else
        {
            Assert.False(test.Succeeded, test.ToString());
            Assert.Contains("PerSourcePenaltyExemptList", test.ErrorText, StringComparison.Ordinal);
        }
    }

    [RealSshFact("unshare", "setpriv", "mount")]
    public async Task The_example_pod_starts_without_privileges_becomes_ready_and_takes_its_own_session_alone()
    {
        await using ExamplePod pod = await ExamplePod.StartAsync(withPenalties: false);
        Assert.False(await pod.IsReadyAsync(), "the readiness probe succeeds before sshd has started");

        await pod.StartSshdAsync();

        CommandResult own = await pod.LogInAsync("abc12", "id -un; tty");
        Assert.True(own.Succeeded, $"{own}\n{pod.Log}");
        Assert.Contains("claude", own.Text, StringComparison.Ordinal);
        Assert.Contains("/dev/pts/", own.Text, StringComparison.Ordinal);
        CommandResult other = await pod.LogInAsync("abc13", "id -un");
        Assert.False(other.Succeeded, other.ToString());
        Assert.Contains("Permission denied", other.ErrorText, StringComparison.Ordinal);
    }
    // The gateway trusts the first host key that it sees of a pod's uid, and a reboot of the node keeps the uid.
    [RealSshFact("unshare", "setpriv", "mount")]
    public async Task The_host_key_lives_as_long_as_the_pod()
    {
        await using ExamplePod pod = await ExamplePod.StartAsync(withPenalties: false);
        await pod.StartSshdAsync();
        string first = await pod.HostKeyAsync();

        await pod.RestartContainerAsync();
        Assert.Equal(first, await pod.HostKeyAsync());

        await pod.RebootNodeAsync();
        Assert.Equal(first, await pod.HostKeyAsync());
    }

    [RealSshFact("unshare", "setpriv", "mount")]
    public async Task A_node_that_goes_down_while_the_host_key_is_written_does_not_keep_the_pod_down()
    {
        await using ExamplePod pod = await ExamplePod.StartAsync(withPenalties: false);
        // File systems leave such files behind when the power fails.
        foreach (string name in (string[])["ssh_host_ed25519_key", "ssh_host_ed25519_key.new", "ssh_host_ed25519_key.new.pub"])
        {
            await File.WriteAllTextAsync(Path.Combine(pod.Keys, name), "");
        }

        await pod.StartSshdAsync();

        CommandResult login = await pod.LogInAsync("abc12", "id -un");
        Assert.True(login.Succeeded, $"{login}\n{pod.Log}");
    }
}
