using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Hardware.Nvml.Native;

namespace DevicePlugin.UnitTests.Hardware.Nvml;

internal sealed class FieldBatchTests
{
    [TestCase(82u, FieldValueType.UnsignedInt, 0xFFFFFFFF_00000032ul, 50L)]
    [TestCase(82u, FieldValueType.UnsignedInt, 0xFFFFFFFFul, null)]
    [TestCase(82u, FieldValueType.SignedInt, 0xFFFFFFFEul, -2L)]
    [TestCase(82u, FieldValueType.UnsignedShort, 0x10005ul, 5L)]
    [TestCase(82u, FieldValueType.SignedLongLong, ulong.MaxValue, -1L)]
    [TestCase(82u, FieldValueType.UnsignedLongLong, 7ul, 7L)]
    [TestCase(82u, FieldValueType.UnsignedLongLong, ulong.MaxValue, null)]
    [TestCase(82u, (FieldValueType)99, 7ul, null)]
    public void Number_Value_IsReadByItsType(uint field, FieldValueType type, ulong value, long? expected) =>
        Assert.That(
            FieldBatch.Number(new FieldValue { FieldId = field, ValueType = type, Value = value }),
            Is.EqualTo(expected));

    [TestCase(12.7, 12L)]
    [TestCase(double.NaN, null)]
    [TestCase(double.PositiveInfinity, null)]
    [TestCase(1e300, null)]
    public void Number_Double_IsFiniteOrNothing(double value, long? expected) =>
        Assert.That(
            FieldBatch.Number(new FieldValue
            {
                FieldId = 82, ValueType = FieldValueType.Double, Value = BitConverter.DoubleToUInt64Bits(value),
            }),
            Is.EqualTo(expected));

    [Test]
    public void Number_EccFieldThatSaysDouble_IsACounter() =>
        Assert.That(
            FieldBatch.Number(new FieldValue { FieldId = 4, ValueType = FieldValueType.Double, Value = 3 }),
            Is.EqualTo(3));

    [Test]
    public void Read_EntryThatTheDriverLeavesUntouched_IsNothingAndAskedForAgain()
    {
        var nvml = new ScriptedNvml();
        nvml.Fields((field, _) => field == 4 ? null : (NvmlReturn.Success, 12ul));
        var batch = new FieldBatch(nvml.Query());

        Assert.That(Values(batch), Is.EqualTo(new long?[] { 12, null, 12 }));
        Assert.That(batch.Wants(4), Is.True);
    }

    [TestCase(NvmlReturn.NotSupported, false)]
    [TestCase(NvmlReturn.InvalidArgument, false)]
    [TestCase(NvmlReturn.NoPermission, false)]
    [TestCase(NvmlReturn.Unknown, true)]
    [TestCase(NvmlReturn.NotReady, true)]
    public void Read_OneFieldFails_OnlyThatOneIsMissing(NvmlReturn answer, bool isAskedAgain)
    {
        var nvml = new ScriptedNvml();
        nvml.Fields((field, _) => field == 4 ? (answer, 99ul) : (NvmlReturn.Success, 12ul));
        var batch = new FieldBatch(nvml.Query());

        Assert.That(Values(batch), Is.EqualTo(new long?[] { 12, null, 12 }), "what a failed field holds is no value");
        Assert.That((batch.IsRefused, batch.Wants(3), batch.Wants(4)), Is.EqualTo((false, true, isAskedAgain)));
        Assert.That(Values(batch), Is.EqualTo(new long?[] { 12, null, 12 }));
        Assert.That(nvml.Calls, Is.EqualTo(new[] { "fields 3", isAskedAgain ? "fields 3" : "fields 2" }));
    }

    [TestCase(NvmlReturn.NotSupported, true)]
    [TestCase(NvmlReturn.InvalidArgument, true)]
    [TestCase(NvmlReturn.NoPermission, false)]
    [TestCase(NvmlReturn.Unknown, false)]
    [TestCase(NvmlReturn.Timeout, false)]
    public void Read_CallFails_NothingIsKeptAndARefusalEndsWithTheNextMode(NvmlReturn answer, bool isRefused)
    {
        var nvml = new ScriptedNvml();
        var next = NvmlReturn.Success;
        nvml.Fields((_, _) => (NvmlReturn.Success, 12ul), () => next);
        var batch = new FieldBatch(nvml.Query());
        Assert.That(Values(batch), Is.EqualTo(new long?[] { 12, 12, 12 }));

        next = answer;
        Assert.That(Values(batch), Is.All.Null, "what a failed call has written is no value");
        Assert.That((batch.IsRefused, batch.Wants(3)), Is.EqualTo((isRefused, !isRefused)));

        next = NvmlReturn.Success;
        batch.Forget();
        Assert.That(Values(batch), Is.EqualTo(new long?[] { 12, 12, 12 }));
    }

    [TestCase(NvmlReturn.GpuIsLost)]
    [TestCase(NvmlReturn.Uninitialized)]
    public void Read_CallOrFieldSaysTheGpuOrDriverIsGone_Throws(NvmlReturn answer)
    {
        var nvml = new ScriptedNvml();
        nvml.Fields((_, _) => (answer, 0ul));
        var batch = new FieldBatch(nvml.Query());
        Assert.That(() => Values(batch), Throws.TypeOf<NvmlException>());

        nvml.Fields((_, _) => (NvmlReturn.Success, 0ul), () => answer);
        batch = new FieldBatch(nvml.Query());
        Assert.That(() => Values(batch), Throws.TypeOf<NvmlException>());
    }

    private static long?[] Values(FieldBatch batch)
    {
        batch.Clear();
        uint[] fields = [3, 4, 5];
        foreach (var field in fields)
        {
            batch.Add(field);
        }

        batch.Read();
        return [.. fields.Select(field => batch.Get(field))];
    }
}
