namespace SshGateway.Exec.ApiServer;

/// <summary>Opens streams to containers. One per process.</summary>
internal sealed class PodClient : IDisposable
{
    /// <summary>
    /// Starts a command. Gets the pod first, because exec itself cannot name a UID.
    /// </summary>
    /// <exception cref="ApiServerException">It cannot be started, or not within 10 seconds.</exception>
    public Task<ExecStream> ExecAsync(PodTarget pod, ExecRequest request, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>
    /// Connects to a port of a pod. Kubelet connects afterwards: that nothing listens is only known when reading.
    /// </summary>
    /// <exception cref="ApiServerException">It cannot be started, or not within 10 seconds.</exception>
    public Task<PortForwardStream> PortForwardAsync(PodTarget pod, int port, CancellationToken cancellationToken) => throw new NotImplementedException();

    public void Dispose()
    {
    }
}
