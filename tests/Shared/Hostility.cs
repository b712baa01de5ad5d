using System.Diagnostics;

namespace DevicePlugin.Tests;

/// <summary>What an attacker may put where a root process reads or writes a file.</summary>
internal enum Hostility
{
    /// <summary>Opening it waits for a writer who never comes.</summary>
    Pipe,
    Folder,
    EndlessLink,
    Huge,

    /// <summary>To a file that the process must neither read nor change.</summary>
    Link,
    DanglingLink,
    LinkToItself,
    Empty,
    Garbage,
}

internal static class Hostilities
{
    /// <summary>What is in the file that a planted link leads to.</summary>
    public const string Secret = "root:$6$secret";

    /// <summary>More than any of the files may have.</summary>
    public const long HugeSize = 1L << 32;

    public static void Put(this Hostility hostility, string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        switch (hostility)
        {
            case Hostility.Pipe:
                using (var make = Process.Start("mkfifo", [path]))
                {
                    make.WaitForExit();
                }

                break;
            case Hostility.Folder:
                Directory.CreateDirectory(path);
                File.WriteAllText(Path.Combine(path, "file"), "");
                break;
            case Hostility.EndlessLink:
                File.CreateSymbolicLink(path, "/dev/zero");
                break;
            case Hostility.Huge:
                using (var file = File.Create(path))
                {
                    // Sparse: it takes no space.
                    file.SetLength(HugeSize);
                }

                break;
            case Hostility.Link:
                File.WriteAllText(TargetOf(path), Secret);
                File.CreateSymbolicLink(path, TargetOf(path));
                break;
            case Hostility.DanglingLink:
                File.CreateSymbolicLink(path, "/nowhere/file");
                break;
            case Hostility.LinkToItself:
                File.CreateSymbolicLink(path, Path.GetFileName(path));
                break;
            case Hostility.Empty:
                File.WriteAllText(path, "");
                break;
            default:
                File.WriteAllBytes(path, [.. Enumerable.Range(0, 5000).Select(i => (byte)(i * 7))]);
                break;
        }
    }

    /// <summary>The file that the link of <see cref="Hostility.Link"/> leads to.</summary>
    public static string TargetOf(string path) => path + "-secret";

    /// <summary>Fails when the work waits for somebody who put a pipe or a device there.</summary>
    public static T WithinReason<T>(Func<T> work)
    {
        // On a thread of its own: it may be lost.
        var task = Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Assert.That(Task.WaitAny([task], TimeSpan.FromSeconds(30)), Is.Zero, "it hangs");
        return task.GetAwaiter().GetResult();
    }
}
