document.getElementById('root').textContent =
  'This browser is too old for the console. Use a current Chrome, Edge, Firefox or Safari.';
