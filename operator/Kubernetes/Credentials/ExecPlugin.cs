using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace SshGateway.Operator.Kubernetes.Credentials;

/// <summary>A credential that a program prints, kept until it expires or the server refuses it.</summary>
/// <param name="exec">The user's <c>exec</c>; checked by <see cref="KubeconfigReader"/>.</param>
/// <param name="command">The program, its path resolved against the kubeconfig file.</param>
/// <param name="cluster">What the program is told of the cluster; null unless it asks for it.</param>
/// <param name="time">The clock by which a credential expires.</param>
internal sealed class ExecPlugin(KubeconfigExec exec, string command, ExecCredential.ClusterPart? cluster, TimeProvider time) : ICredentialSource, IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly SemaphoreSlim _oneAtATime = new(1);
    private ExecCredential.StatusPart? _credential;
    private volatile bool _isRefused;
    private volatile X509Certificate2? _certificate;

    public X509Certificate2? ClientCertificate => _certificate;

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
            return _credential.Token;
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
            Task<string> errors = process.StandardError.ReadToEndAsync(either.Token);
            string output = await process.StandardOutput.ReadToEndAsync(either.Token);
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
        var start = new ProcessStartInfo(command, exec.Args ?? []) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (KubeconfigExec.Variable variable in exec.Env ?? [])
        {
            start.Environment[variable.Name] = variable.Value;
        }
        var told = new ExecCredential { ApiVersion = exec.ApiVersion, Kind = nameof(ExecCredential), Spec = new() { Cluster = cluster } };
        start.Environment["KUBERNETES_EXEC_INFO"] = JsonSerializer.Serialize(told, AccessJson.Default.ExecCredential);
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
            ExecCredential? credential = JsonSerializer.Deserialize(output, AccessJson.Default.ExecCredential);
            if (credential?.ApiVersion != exec.ApiVersion)
            {
                throw Failure($"printed a credential of apiVersion {credential?.ApiVersion ?? "(none)"}; the kubeconfig says {exec.ApiVersion}");
            }
            return credential?.Status is { } status && (status.Token is not null || (status.ClientCertificateData is not null && status.ClientKeyData is not null))
                ? status
                : throw Failure("printed neither status.token nor status.clientCertificateData with status.clientKeyData");
        }
        catch (JsonException exception)
        {
            throw Failure($"printed no ExecCredential: {exception.Message}");
        }
    }

    private X509Certificate2? ReadCertificate(ExecCredential.StatusPart credential)
    {
        try
        {
            return credential.ClientCertificateData is null ? null : X509Certificate2.CreateFromPem(credential.ClientCertificateData, credential.ClientKeyData);
        }
        catch (CryptographicException exception)
        {
            throw Failure($"printed a client certificate that cannot be read: {exception.Message}");
        }
    }

    private IOException Failure(string what) => new($"the exec plugin {command} of the kubeconfig {what}");
}
