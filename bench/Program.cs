using System.Globalization;
using System.Net;
using SshGateway.Bench.Reporting;
using SshGateway.Bench.Scale;
using SshGateway.Bench.Table;
using SshGateway.Bench.Traffic;
using SshGateway.Bench.Traffic.Raw;
using SshGateway.Bench.Traffic.Ssh;

// As in the proxy: the socket engine runs continuations itself.
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");

switch (args)
{
    case ["table"]:
        TableBench.Run();
        await SyncBench.RunAsync();
        return 0;
    case ["source", var port, var sessions]:
        await SyntheticSource.RunAsync(int.Parse(port, CultureInfo.InvariantCulture), int.Parse(sessions, CultureInfo.InvariantCulture));
        return 0;
    case ["scale", .. string[] options]:
        await ScaleBench.RunAsync(ScaleOptions.Parse(options));
        return 0;
    case ["traffic", .. string[] only]:
        return await Traffic(TrafficSize.Full, only, ".bench/traffic.json");
    case ["traffic-quick", .. string[] only]:
        return await Traffic(TrafficSize.Quick, only, ".bench/traffic-quick.json");
    case ["page", string results, string directory]:
        Document.Write(ResultFile.Load(results), directory);
        return 0;
    case ["upstream", var port, var hostKey, .. string[] addresses]:
        await LightUpstream.RunAsync(int.Parse(port, CultureInfo.InvariantCulture), hostKey, addresses.Select(IPAddress.Parse));
        return 0;
    case ["raw-upstream", var port, .. string[] addresses]:
        await RawUpstream.RunAsync(int.Parse(port, CultureInfo.InvariantCulture), addresses.Select(IPAddress.Parse));
        return 0;
    default:
        await Console.Error.WriteLineAsync("usage: sshgateway-bench traffic [part…] | traffic-quick [part…] | page <result.json> <docs> | table | scale <server> <authority.pem> <token> <kubeconfig> <operator.dll> <kube-apiserver's pid> <etcd's pid> <sessions> <proxies> <result.json>");
        return 2;
}

static async Task<int> Traffic(TrafficSize size, string[] only, string resultFile)
{
    ResultFile results = await TrafficBench.RunAsync(size, only);
    results.Save(resultFile);
    Console.Write(Report.Of(results));
    if (File.Exists(Document.LastResults))
    {
        Console.Write($"\nsince {Document.LastResults}:\n{Comparison.Between(ResultFile.Load(Document.LastResults), results)}");
    }
    return 0;
}
