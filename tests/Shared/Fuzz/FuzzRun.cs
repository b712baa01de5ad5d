using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace DevicePlugin.Tests.Fuzz;

/// <summary>
/// Gives a harness mutated samples, and shows the input that it fails on, made smaller. As a test it takes a number of inputs
/// from a fixed seed. With FUZZ_SECONDS it takes as many as there is time for, from a random seed that it prints; with FUZZ_SEED
/// that seed is used again.
/// </summary>
/// <param name="iterations">Inputs in a test.</param>
/// <param name="samples">Valid inputs.</param>
internal sealed class FuzzRun(int iterations, params IEnumerable<byte[]> samples)
{
    private const int FixedSeed = 20261129;
    private const int MostShrinks = 400;
    private const int MostShown = 600;

    private readonly byte[][] _samples = [.. samples];

    public FuzzRun(int iterations, params IEnumerable<string> samples)
        : this(iterations, samples.Select(Encoding.UTF8.GetBytes))
    {
    }

    /// <summary>What has a meaning in the format.</summary>
    public string[] Words { get; init; } = [];

    /// <summary>What the check may allocate for one input, and so how much work it may do.</summary>
    public long MostAllocated { get; init; } = 64 << 20;

    private static TimeSpan? Time =>
        Number("FUZZ_SECONDS") is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>What must hold; an AssertionException would count even where a smaller input is tried.</summary>
    public static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new FuzzException(what);
        }
    }

    /// <summary>Gives each input to the check, which throws for what must not be.</summary>
    public void Run(Action<byte[]> check, [CallerMemberName] string name = "") => RunAsync(
        input =>
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            check(input);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Require(allocated <= MostAllocated, $"it allocated {allocated >> 20} MiB for {input.Length} bytes");
            return Task.CompletedTask;
        },
        name).GetAwaiter().GetResult();

    /// <inheritdoc cref="Run"/>
    public void RunText(Action<string> check, [CallerMemberName] string name = "") =>
        Run(input => check(Encoding.UTF8.GetString(input)), name);

    /// <inheritdoc cref="Run"/>
    public async Task RunAsync(Func<byte[], Task> check, [CallerMemberName] string name = "")
    {
        var seed = Number("FUZZ_SEED") ?? (Time is null ? FixedSeed : Random.Shared.Next());
        var began = Stopwatch.GetTimestamp();
        var i = 0;
        var slowest = TimeSpan.Zero;
        TestContext.Out.WriteLine($"{name}: FUZZ_SEED={seed}");
        for (; Time is { } time ? Stopwatch.GetElapsedTime(began) < time : i < iterations; i++)
        {
            var input = new FuzzMutator(new Random(HashOf(seed, i)), _samples, Words).Next();

            // An overflow of the stack or a loop without end leaves nothing but this.
            await SaveAsync(name, "last", input);
            var start = Stopwatch.GetTimestamp();
            var found = await FindFaultAsync(check, input);
            if (Stopwatch.GetElapsedTime(start) is var took && took > slowest)
            {
                slowest = took;
                await SaveAsync(name, "slowest", input);
            }

            if (found is { } fault)
            {
                var (smaller, why) = await ShrinkAsync(check, input, fault);
                var path = PathOf(name, $"{seed}-{i}");
                await File.WriteAllBytesAsync(path, smaller);
                Assert.Fail($"{name}, FUZZ_SEED={seed}, input {i} of {input.Length} bytes, in \"{path}\" of {smaller.Length}:\n"
                    + $"{Show(smaller)}\n{why}");
            }
        }

        TestContext.Out.WriteLine($"{name}: {i} inputs, the slowest took {slowest.TotalMilliseconds:0} ms");
    }

    private static Task SaveAsync(string name, string suffix, byte[] input) =>
        Time is null ? Task.CompletedTask : File.WriteAllBytesAsync(PathOf(name, suffix), input);

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : null;

    // HashCode is another one in each process.
    private static int HashOf(int seed, int iteration) => unchecked((seed * 486_187_739) + (iteration * 16_777_619));

    private static string PathOf(string name, string suffix) =>
        Path.Combine(Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts", "fuzz")).FullName, $"{name}-{suffix}.bin");

    private static async Task<Exception?> FindFaultAsync(Func<byte[], Task> check, byte[] input)
    {
        try
        {
            await check(input);
            return null;
        }
        catch (Exception exception)
        {
            return exception;
        }
    }

    private static async Task<(byte[] Input, Exception Fault)> ShrinkAsync(Func<byte[], Task> check, byte[] input, Exception fault)
    {
        var tries = 0;
        for (var size = input.Length / 2; size > 0; size /= 2)
        {
            for (var at = 0; at + size <= input.Length && tries < MostShrinks; tries++)
            {
                byte[] smaller = [.. input.AsSpan(0, at), .. input.AsSpan(at + size)];
                var found = await FindFaultAsync(check, smaller);
                if (found?.GetType() == fault.GetType())
                {
                    (input, fault) = (smaller, found);
                }
                else
                {
                    at += size;
                }
            }
        }

        return (input, fault);
    }

    private static string Show(byte[] input) => string.Concat(Encoding.Latin1.GetString(input)
        .Take(MostShown).Select(c => c is >= ' ' and <= '~' ? c.ToString() : $"\\x{(int)c:x2}"));
}

/// <summary>Something that must hold does not.</summary>
internal sealed class FuzzException(string what) : Exception(what);
