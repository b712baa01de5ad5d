using CsCheck;
using DevicePlugin.Gpu;

namespace DevicePlugin.UnitTests.Gpu.Inventories;

/// <summary>
/// Whatever happens to GPUs and plugin in whatever order: a cordoned GPU gets no task, a cause that stands is told, and
/// nothing that was kept is lost, also when the process is killed between any two writes.
/// </summary>
internal sealed class AnyOperatorCourseTests
{
    private static readonly Gen<int> AnyGpu = Gen.Int[0, OperatorCourse.Count - 1];

    private static readonly Gen<Step> AnyXid =
        from gpu in AnyGpu
        from xid in OneOf<long>(OperatorCourse.RebootXid, OperatorCourse.ResetXid)
        select new Step($"XID {xid} of {gpu}", course => course.RaiseAsync(gpu, xid));

    private static readonly Gen<Step> AnyCordon =
        from gpu in AnyGpu
        from isOn in Gen.Bool
        from name in Gen.Int[0, 2]
        select new Step($"cordon {gpu} {isOn} by name {name}", course => course.CordonAsync(gpu, isOn, name));

    private static readonly Gen<Step> AnyClear = Gen.Int[-1, OperatorCourse.Count - 1].Select(
        gpu => new Step($"clear {gpu}", course => course.ClearAsync(gpu)));

    private static readonly Gen<Step> AnyFault =
        from gpu in AnyGpu
        from fault in OneOf<DeviceFaultKind?>(
            null, null, DeviceFaultKind.RemapFailed, DeviceFaultKind.Lost, DeviceFaultKind.RepairPending)
        from isThere in Gen.Frequency((6, Gen.Const(true)), (1, Gen.Const(false)))
        from isSplit in Gen.Frequency((4, Gen.Const(false)), (1, Gen.Const(true)))
        select new Step(
            $"GPU {gpu} there {isThere}, split {isSplit}, fault {fault}",
            course => course.BecomeAsync(gpu, isThere, isSplit, fault));

    // -2: it ends; -1: it declares nothing; a number: that GPU reset; beyond: all.
    private static readonly Gen<Step> AnyMaintenance = Gen.Frequency(
        (3, Gen.Const(-2)), (1, Gen.Const(-1)), (2, Gen.Int[0, OperatorCourse.Count])).Select(
        reset => new Step($"maintenance {reset}", course => course.MaintainAsync(reset)));

    private static readonly Gen<Step> AnyRestart =
        from kill in Gen.Bool
        from offline in Gen.Frequency((2, Gen.Const((Step?)null)), (1, AnyCordon.Select(step => (Step?)step)), (1, AnyClear.Select(step => (Step?)step)))
        select new Step(
            $"restart, kill {kill}, meanwhile {offline?.Text}", course => course.RestartAsync(kill, offline?.TakeAsync));

    private static readonly Gen<Step> AnyDeath =
        from writes in Gen.Int[0, 3]
        from isKept in Gen.Bool
        select new Step($"death at write {writes}, kept {isKept}", course => course.DieAt(writes, isKept));

    private static readonly Gen<Step> AnyStep = Gen.Frequency(
        (6, AnyXid), (6, AnyCordon), (4, AnyClear), (4, AnyFault), (4, AnyMaintenance), (3, AnyRestart), (3, AnyDeath),
        (3, Gen.Int[1, 900].Select(seconds => new Step($"{seconds} s", course => course.PassAsync(seconds)))),
        (1, Gen.Bool.Select(full => new Step($"disk full {full}", course => course.FillDisk(full)))),
        (1, Gen.Bool.Select(on => new Step($"health {on}", course => course.SwitchHealthAsync(on)))),
        (1, Gen.Const(new Step("driver reload", course => course.ReloadDriverAsync()))));

    [Test]
    public async Task AnyCourse_HoldsCordonsAndRecords() =>
        await Check.SampleAsync(
            AnyStep.Array[1, 25], RunAsync, iter: 300, threads: 1,
            print: steps => string.Join("; ", steps.Select(step => step.Text)));

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static async Task RunAsync(Step[] steps)
    {
        await using var course = new OperatorCourse();
        await course.StartAsync();
        foreach (var step in steps)
        {
            await step.TakeAsync(course);
            await course.CheckAsync();
        }

        await course.RestartAsync(kill: true, meanwhile: null);
        await course.CheckAsync();
    }

    private sealed record Step(string Text, Func<OperatorCourse, Task> TakeAsync);
}
