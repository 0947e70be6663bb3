// Writes chat.json: conversations as the chat templates of real models render them, by Hugging Face's own interpreter.
//   npm install && node export.js TEST-MODELS-FOLDER OUTPUT-FOLDER
//
// Where a template has a system message of its own, only conversations that bring one are rendered: its text, and the
// date in some of them, are none of ours.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Template } from '@huggingface/jinja';

const [folder, output] = process.argv.slice(2);
const read = (...path) => readFileSync(join(folder, ...path), 'utf8');
const config = (name) => JSON.parse(read(name, 'tokenizer_config.json')).chat_template;
const file = (name) => read('tokenizer-vectors', `${name}.jinja`);

const system = { role: 'system', content: 'Answer in one word.' };
const user = { role: 'user', content: 'Is <|im_end|></s> a "token"?' };
const assistant = { role: 'assistant', content: 'Sometimes.' };
const again = { role: 'user', content: 'When\nthen?' };
const short = { question: [user], dialogue: [user, assistant, again] };
const framed = { framed: [system, user], framedDialogue: [system, user, assistant, again] };

// Templates of our own, in the layouts of the families whose real ones come only with their models.
const own = {
  zephyr:
    "{% for message in messages %}\n{% if message['role'] == 'user' %}\n{{ '<|user|>\n' + message['content'] + eos_token }}\n" +
    "{% elif message['role'] == 'system' %}\n{{ '<|system|>\n' + message['content'] + eos_token }}\n" +
    "{% else %}\n{{ '<|assistant|>\n' + message['content'] + eos_token }}\n{% endif %}\n" +
    "{% if loop.last and add_generation_prompt %}\n{{ '<|assistant|>' }}\n{% endif %}\n{% endfor %}",
  llama2:
    "{% if messages[0]['role'] == 'system' %}{% set rest = messages[1:] %}{% set system = '<<SYS>>\\n' + messages[0]['content'] + '\\n<</SYS>>\\n\\n' %}" +
    "{% else %}{% set rest = messages %}{% set system = '' %}{% endif %}" +
    "{% for message in rest %}{% if loop.index0 == 0 %}{% set content = system + message['content'] %}{% else %}{% set content = message['content'] %}{% endif %}" +
    "{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}" +
    "{% else %}{{ ' ' + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}",
  mistral:
    "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}" +
    "{% else %}{{ ' ' + message['content'] + eos_token }}{% endif %}{% endfor %}",
};

const models = [
  ['zephyr', own.zephyr, { ...short, ...framed }],
  ['llama2', own.llama2, { ...short, ...framed }],
  ['mistral', own.mistral, short],
  ['mistral-nemo', file('mistralai-Mistral-Nemo-Instruct-2407'), { ...short, framed: framed.framed }],
  ['llama3', config('tokenizer-llama3'), { ...short, ...framed }],
  ['qwen2', config('tokenizer-qwen2'), framed],
  ['qwen3', file('Qwen-Qwen3-0.6B'), { ...short, ...framed }],
  ['granite', file('ibm-granite-granite-3.3-2B-Instruct'), framed],
];
const golden = models.map(([name, template, conversations]) => ({
  name,
  template: own[name],
  conversations: Object.values(conversations).map((messages) => ({
    messages,
    rendered: new Template(template).render({
      messages,
      bos_token: '<s>',
      eos_token: '</s>',
      add_generation_prompt: true,
      enable_thinking: false,
      controls: {},
    }),
  })),
}));
writeFileSync(join(output, 'chat.json'), `${JSON.stringify(golden, null, 1)}\n`);
