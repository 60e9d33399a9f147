/** The messages used of those that the package generated from TensorFlow's .proto files. */
declare module '@tensorflow/tfjs-node-gpu/dist/proto/api_pb.js' {
  namespace messages {
    class TensorShape {
      addDim(value: TensorShape.Dim): TensorShape.Dim;
    }
    namespace TensorShape {
      class Dim {
        setSize(value: number): void;
      }
    }
    class Tensor {
      setDtype(value: number): void;
      setTensorShape(value: TensorShape): void;
      setTensorContent(value: Uint8Array): void;
      addFloatVal(value: number): void;
      addIntVal(value: number): void;
      addBoolVal(value: boolean): void;
      serializeBinary(): Uint8Array;
    }
    class AttrValue {
      setList(value: AttrValue.ListValue): void;
      setS(value: Uint8Array): void;
      setI(value: number): void;
      setF(value: number): void;
      setB(value: boolean): void;
      setType(value: number): void;
      setShape(value: TensorShape): void;
      setTensor(value: Tensor): void;
    }
    namespace AttrValue {
      class ListValue {
        setIList(value: number[]): void;
        setFList(value: number[]): void;
        setBList(value: boolean[]): void;
      }
    }
    class NodeDef {
      setName(value: string): void;
      setOp(value: string): void;
      addInput(value: string): void;
      getAttrMap(): { set(key: string, value: AttrValue): void };
    }
    class VersionDef {
      setProducer(value: number): void;
    }
    class GraphDef {
      addNode(value: NodeDef): NodeDef;
      setVersions(value: VersionDef): void;
    }
    class MetaGraphDef {
      setMetaInfoDef(value: MetaGraphDef.MetaInfoDef): void;
      setGraphDef(value: GraphDef): void;
    }
    namespace MetaGraphDef {
      class MetaInfoDef {
        addTags(value: string): void;
      }
    }
    class SavedModel {
      setSavedModelSchemaVersion(value: number): void;
      addMetaGraphs(value: MetaGraphDef): MetaGraphDef;
      serializeBinary(): Uint8Array;
    }
  }
  export default messages;
}
