using McpLongContext.Distributed.Hosting;

return await SiloProgram.RunAsync(args, Console.Out, Console.Error);
