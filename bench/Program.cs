using SshGateway.Bench.Table;

switch (args)
{
    case ["table"]:
        TableBench.Run();
        return 0;
    default:
        Console.Error.WriteLine("usage: sshgateway-bench table");
        return 2;
}
