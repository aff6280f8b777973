using System.Globalization;
using System.Net;
using SshGateway.Bench.FanOut;
using SshGateway.Bench.Recording;
using SshGateway.Bench.Reporting;
using SshGateway.Bench.Scale;
using SshGateway.Bench.Table;
using SshGateway.Bench.Traffic;
using SshGateway.Bench.Traffic.Raw;
using SshGateway.Bench.Traffic.Ssh;

// As in the proxy: the socket engine runs continuations itself. An operator does without, and inherits what this has.
if (args is ["traffic" or "traffic-quick" or "upstream" or "raw-upstream", ..])
{
    Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
}

switch (args)
{
    case ["table"]:
        await TableBench.RunAsync(Results.TableFile);
        return 0;
    case ["fan-out"]:
        await FanOutBench.RunAsync(Results.FanOutFile);
        return 0;
    case ["source", var port, var sessions, var certificate, var key, var jwks]:
        await SyntheticSource.RunAsync(int.Parse(port, CultureInfo.InvariantCulture), int.Parse(sessions, CultureInfo.InvariantCulture), certificate, key, jwks);
        return 0;
    case ["scale", .. string[] options]:
        await ScaleBench.RunAsync(ScaleOptions.Parse(options));
        return 0;
    case ["traffic", .. string[] only]:
        return await Traffic(TrafficSize.Full, only, Results.TrafficFile);
    case ["traffic-quick", .. string[] only]:
        return await Traffic(TrafficSize.Quick, only, Results.QuickFile);
    case ["page", string directory]:
        PerformancePage.Write(Results.Load(), directory);
        return 0;
    case ["upstream", var port, var hostKey, var keyExchange, .. string[] addresses]:
        await LightUpstream.RunAsync(int.Parse(port, CultureInfo.InvariantCulture), hostKey, keyExchange, addresses.Select(IPAddress.Parse));
        return 0;
    case ["raw-upstream", var port, .. string[] addresses]:
        await RawUpstream.RunAsync(int.Parse(port, CultureInfo.InvariantCulture), addresses.Select(IPAddress.Parse));
        return 0;
    default:
        await Console.Error.WriteLineAsync("usage: sshgateway-bench traffic [part…] | traffic-quick [part…] | page <docs> | table | fan-out | scale <server> <authority.pem> <token> <kubeconfig> <operator.dll> <kube-apiserver's pid> <etcd's pid> <sessions> <proxies> <result.json>");
        return 2;
}

static async Task<int> Traffic(TrafficSize size, string[] only, string resultFile)
{
    ResultFile results = await TrafficBench.RunAsync(size, only);
    results.Save(resultFile);
    Console.Write(Report.Of(results));
    if (File.Exists(PerformancePage.LastResults))
    {
        Console.Write($"\nsince {PerformancePage.LastResults}:\n{Comparison.Between(ResultFile.Load(PerformancePage.LastResults), results)}");
    }
    return 0;
}
