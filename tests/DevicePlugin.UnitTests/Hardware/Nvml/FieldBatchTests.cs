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
}
