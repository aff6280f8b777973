using SshGateway.Hosting;
using SshGateway.Proxy.Configuration;
using SshGateway.Ssh.Sockets;
using SshGateway.Ssh.Sockets.Native;

namespace SshGateway.Proxy.Hosting;

/// <summary>What the machine lets the process have: descriptors, threads and socket buffers.</summary>
internal static partial class ProcessLimits
{
    // A client and its pod.
    private const int DescriptorsPerConnection = 2;

    /// <summary>Proxy:MaxConnections, or what the descriptors suffice for.</summary>
    public static int MaxConnections(ProxyOptions options) =>
        (int)Math.Clamp((Descriptors.Limit - Descriptors.Reserve) / DescriptorsPerConnection, 1, options.MaxConnections);

    /// <summary>Says what does not suffice.</summary>
    public static void Report(ProxyOptions options, ILogger logger)
    {
        int possible = MaxConnections(options);
        if (possible < options.MaxConnections)
        {
            long needed = ((long)options.MaxConnections * DescriptorsPerConnection) + Descriptors.Reserve;
            Log.FewDescriptors(logger, Descriptors.Limit, options.MaxConnections, needed, possible);
        }
        ReportWindow("ClientWindow", options.ClientWindow, logger);
        ReportWindow("PodWindow", options.PodWindow, logger);
        ThreadLimits.Report(logger);
    }

    private static void ReportWindow(string key, int window, ILogger logger)
    {
        int granted = SocketBuffers.FindGranted(window);
        if (granted < window)
        {
            Log.SmallWindow(logger, granted, key, window);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(3, LogLevel.Warning, "The kernel allows windows of {Granted} bytes; Proxy:{Key} is {Window}. A connection transfers at most that much in a round trip. Raise net.core.rmem_max of the node, use Linux 5.14 or newer, or lower Proxy:{Key}")]
        public static partial void SmallWindow(ILogger logger, int granted, string key, int window);

        [LoggerMessage(1, LogLevel.Warning, "The process may have {Limit} descriptors; Proxy:MaxConnections {MaxConnections} needs {Needed}. The proxy takes {Possible} connections. Raise the limit (ulimit -n, LimitNOFILE, or the container runtime's) or lower Proxy:MaxConnections")]
        public static partial void FewDescriptors(ILogger logger, long limit, int maxConnections, long needed, int possible);
    }
}
