using System.Runtime.Versioning;
using SshGateway.Hosting;
using SshGateway.Kubernetes.ApiServer;
using SshGateway.Kubernetes.Kubeconfig;
using SshGateway.Operator.Kubernetes.Api;
using SshGateway.Tests.Support;
using SshGateway.Tests.Support.Harness;
using SshGateway.Tests.Support.Kubernetes;
using Xunit;

namespace SshGateway.Tests.Integration.Kubernetes;

/// <summary>
/// A kubeconfig works in the gateway where it works in kubectl, and nowhere else: a real API server is the judge of
/// both.
/// </summary>
[Collection(KubernetesGroup.Name)]
[UnsupportedOSPlatform("windows")]
public sealed class KubeconfigVerdictTests(KubernetesServer server)
{
    private const string Sessions = "apis/tars.cloudwalk.network/v1alpha1/claudesessions?limit=1";

    private static readonly string[] Passwords = [ConnectProxy.Password, Uri.EscapeDataString(ConnectProxy.Password), "secret@"];

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [KubernetesFact]
    public async Task The_gateway_judges_as_kubectl_does()
    {
        using var directory = new TemporaryDirectory();
        await using var proxy = new ConnectProxy(server.Port);
        KubeconfigShape[] shapes = [.. new KubeconfigShapes(server, directory, proxy).All];
        List<string> wrong = [];

        foreach ((KubeconfigShape shape, int number) in shapes.Select((s, i) => (s, i)))
        {
            string file = directory.File($"config-{number}");
            await File.WriteAllTextAsync(file, shape.Text);
            Task<CommandResult> asked = KubectlAsync(file, shape.Environment);
            string? refusal = shape.Environment.Count == 0 ? await AskAsync(file) : await AskInProcessAsync(file, shape.Environment);
            CommandResult kubectl = await asked;
            if (kubectl.Succeeded == (refusal is null) != shape.Difference is null)
            {
                wrong.Add($"{shape.Title}: kubectl {(kubectl.Succeeded ? "succeeds" : $"fails: {kubectl.ErrorText.Trim()}")}; the gateway {refusal ?? "succeeds"}");
            }
            // Whatever is wrong, nobody's password is in the sentence.
            if (Passwords.Any(p => refusal?.Contains(p, StringComparison.Ordinal) ?? false))
            {
                wrong.Add($"{shape.Title}: the password is in the sentence: {refusal}");
            }
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {shapes.Length} kubeconfigs are judged otherwise:\n{string.Join('\n', wrong)}");
    }

    private static Task<CommandResult> KubectlAsync(string file, IReadOnlyDictionary<string, string> environment) => Command.RunAsync(
        KubernetesPrograms.Here.Kubectl, ["--kubeconfig", file, "get", "--raw", "/" + Sessions, "--request-timeout=15s"], [], Limit, environment);

    /// <returns>Why it does not work; null: it does.</returns>
    private static async Task<string?> AskAsync(string file)
    {
        try
        {
            using HttpClient http = ApiConnection.Open(KubeconfigReader.Read(file, TimeProvider.System));
            using var expiry = new CancellationTokenSource(Limit);
            using HttpResponseMessage response = await http.GetAsync(new Uri(Sessions, UriKind.Relative), expiry.Token);
            return response.IsSuccessStatusCode ? null : $"fails: {response.StatusCode}";
        }
        catch (Exception exception) when (exception is ConfigurationException || ApiFailure.IsOfConnection(exception))
        {
            return $"fails: {StartupFailure.Explain(exception)}";
        }
    }

    private static async Task<string?> AskInProcessAsync(string file, IReadOnlyDictionary<string, string> environment)
    {
        CommandResult result = await GatewayProgram.RunAsync(
            "operator", ["sessions", "--Operator:Source=Kubernetes", $"--Operator:Kubeconfig={file}", "--Operator:AllNamespaces=true"],
            TimeSpan.FromSeconds(20), environment);
        return result.Succeeded ? null : $"fails: {result.ErrorText.Trim()}";
    }
}
