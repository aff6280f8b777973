using System.Diagnostics;
using System.Net.Security;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SshGateway.Kubernetes.ApiServer;

namespace SshGateway.Kubernetes.Kubeconfig;

/// <summary>A credential that a program prints, kept until it expires or the server refuses it.</summary>
/// <param name="exec">The user's <c>exec</c>; checked by <see cref="KubeconfigUserEntry"/>.</param>
/// <param name="command">The program, its path resolved against the kubeconfig file.</param>
/// <param name="cluster">What the program is told of the cluster; null unless it asks for it.</param>
/// <param name="own">The user's own certificate, which goes before one that the program prints.</param>
/// <param name="time">The clock by which a credential expires.</param>
internal sealed class ExecPlugin(KubeconfigExec exec, string command, ExecCredential.ClusterPart? cluster, SslStreamCertificateContext? own, TimeProvider time)
    : ICredentialSource, IDisposable
{
    private const int MaxOutput = 1024 * 1024;
    private const int MaxErrors = 4096;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly SemaphoreSlim _oneAtATime = new(1);
    private ExecCredential.StatusPart? _credential;
    private volatile bool _isRefused;
    private volatile SslStreamCertificateContext? _certificate;

    public SslStreamCertificateContext? ClientCertificate => own ?? _certificate;

    public async ValueTask<string?> GetTokenAsync(CancellationToken cancellationToken)
    {
        await _oneAtATime.WaitAsync(cancellationToken);
        try
        {
            if (_credential is null || _isRefused || _credential.ExpirationTimestamp <= time.GetUtcNow())
            {
                _credential = await RunAsync(cancellationToken);
                _certificate = ReadCertificate(_credential);
                _isRefused = false;
            }
            return string.IsNullOrEmpty(_credential.Token) ? null : _credential.Token;
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    public void Invalidate() => _isRefused = true;

    public void Dispose() => _oneAtATime.Dispose();

    private async Task<ExecCredential.StatusPart> RunAsync(CancellationToken cancellationToken)
    {
        using var expiry = new CancellationTokenSource(Limit, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(expiry.Token, cancellationToken);
        using Process process = Start();
        try
        {
            process.StandardInput.Close();
            Task<string> errors = ReadAsync(process.StandardError, MaxErrors, either.Token);
            string output = await ReadAsync(process.StandardOutput, MaxOutput, either.Token);
            await process.WaitForExitAsync(either.Token);
            return process.ExitCode == 0
                ? Parse(output)
                : throw Failure($"ended with status {process.ExitCode}: {(await errors).Trim()}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failure($"did not end within {Limit.TotalSeconds} s");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private Process Start()
    {
        var start = new ProcessStartInfo(command, exec.Args?.Select(a => a ?? "") ?? []) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (KubeconfigExec.Variable variable in exec.Env?.OfType<KubeconfigExec.Variable>() ?? [])
        {
            start.Environment[variable.Name ?? ""] = variable.Value ?? "";
        }
        var told = new ExecCredential(exec.ApiVersion, Spec: new ExecCredential.SpecPart(cluster));
        start.Environment["KUBERNETES_EXEC_INFO"] = JsonSerializer.Serialize(told, KubeconfigJson.Default.ExecCredential);
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            throw Failure($"cannot be started: {exception.Message}{(exec.InstallHint is null ? "" : $". {exec.InstallHint.Trim()}")}");
        }
    }

    private ExecCredential.StatusPart Parse(string output)
    {
        try
        {
            ExecCredential? credential = JsonSerializer.Deserialize(output, KubeconfigJson.Default.ExecCredential);
            if (credential?.ApiVersion != exec.ApiVersion)
            {
                throw Failure($"printed a credential of apiVersion {credential?.ApiVersion ?? "(none)"}; the kubeconfig says {exec.ApiVersion}");
            }
            if (credential?.Status is not { } status || (IsEmpty(status.Token) && IsEmpty(status.ClientCertificateData) && IsEmpty(status.ClientKeyData)))
            {
                throw Failure("printed neither status.token nor status.clientCertificateData with status.clientKeyData");
            }
            return IsEmpty(status.ClientCertificateData) == IsEmpty(status.ClientKeyData)
                ? status
                : throw Failure("printed one of status.clientCertificateData and status.clientKeyData without the other");
        }
        catch (JsonException exception)
        {
            throw Failure($"printed no ExecCredential: {exception.Message}");
        }
    }

    private SslStreamCertificateContext? ReadCertificate(ExecCredential.StatusPart credential)
    {
        try
        {
            return IsEmpty(credential.ClientCertificateData) ? null : ClientCertificates.Read(credential.ClientCertificateData!, credential.ClientKeyData!);
        }
        catch (CryptographicException exception)
        {
            throw Failure($"printed a client certificate that cannot be read: {exception.Message}");
        }
    }

    // Reads to the end and keeps the beginning: a program that prints without end must not fill the memory.
    private static async Task<string> ReadAsync(StreamReader reader, int limit, CancellationToken cancellationToken)
    {
        var kept = new StringBuilder();
        char[] buffer = new char[4096];
        while (await reader.ReadAsync(buffer, cancellationToken) is > 0 and int read)
        {
            kept.Append(buffer, 0, Math.Min(read, limit - kept.Length));
        }
        return kept.ToString();
    }

    private static bool IsEmpty(string? text) => string.IsNullOrEmpty(text);

    private IOException Failure(string what) => new($"the exec plugin {command} of the kubeconfig {what}");
}
