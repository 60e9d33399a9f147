/**
 * What is changed in tfjs-node's own C++ before it is compiled: `loadSavedModel` takes a third argument, the bytes of
 * TensorFlow's `ConfigProto`, so that a session can be told how (not) to rewrite its graph.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Each text stands in its file exactly once. */
export const ADDON_CHANGES = [
  {
    file: 'binding/tfjs_backend.h',
    from: `napi_value LoadSavedModel(napi_env env, napi_value export_dir,
                            napi_value tags_value);`,
    to: `napi_value LoadSavedModel(napi_env env, napi_value export_dir,
                            napi_value tags_value,
                            napi_value config_value);`,
  },
  {
    file: 'binding/tfjs_backend.cc',
    from: `                                       napi_value tags_value) {
  TF_SessionOptions *session_options = TF_NewSessionOptions();
`,
    to: `                                       napi_value tags_value,
                                       napi_value config_value) {
  TF_SessionOptions *session_options = TF_NewSessionOptions();
  if (config_value != nullptr) {
    napi_typedarray_type array_type;
    size_t config_length;
    void *config_data;
    napi_status config_status = napi_get_typedarray_info(
        env, config_value, &array_type, &config_length, &config_data, nullptr,
        nullptr);
    ENSURE_NAPI_OK_RETVAL(env, config_status, nullptr);
    TF_AutoStatus config_tf_status;
    TF_SetConfig(session_options, config_data, config_length,
                 config_tf_status.status);
    if (TF_GetCode(config_tf_status.status) != TF_OK) {
      NAPI_THROW_ERROR(env, "Invalid ConfigProto: %s",
                       TF_Message(config_tf_status.status));
      return nullptr;
    }
  }
`,
  },
  {
    file: 'binding/tfjs_binding.cc',
    from: `  // Load saved model takes 2 params: export_dir, tags:
  size_t argc = 2;
  napi_value args[2];`,
    to: `  // Load saved model takes 2 params: export_dir, tags, and optionally a third, the bytes of a ConfigProto:
  size_t argc = 3;
  napi_value args[3];`,
  },
  {
    file: 'binding/tfjs_binding.cc',
    from: `  return backend->LoadSavedModel(env, args[0], args[1]);`,
    to: `  return backend->LoadSavedModel(env, args[0], args[1],
                                 argc > 2 ? args[2] : nullptr);`,
  },
];

/** Changes the sources under `folder`. @throws Error when they are not the ones the changes were written for */
export async function changeAddon(folder) {
  for (const { file, from, to } of ADDON_CHANGES) {
    const name = join(folder, file);
    const parts = (await readFile(name, 'utf8')).split(from);
    if (parts.length !== 2) throw new Error(`${file} is not the one that is to be changed: ${from.trim()}`);
    await writeFile(name, parts.join(to));
  }
}
